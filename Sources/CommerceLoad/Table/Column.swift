/// A column of an Online Retail file, by the name that the data set gives it.
enum Column: String, CaseIterable, Sendable {
    case invoice = "InvoiceNo"
    case sku = "StockCode"
    case description = "Description"
    case quantity = "Quantity"
    case date = "InvoiceDate"
    case price = "UnitPrice"
    case customer = "CustomerID"
    case country = "Country"

    /// The column of a header's field: by its name, or by that of "Online Retail II" (doi 10.24432/C5CG6D), in any case, with or without
    /// blanks and underscores.
    init?(headerField: String) {
        let name = headerField.lowercased().filter { !$0.isWhitespace && $0 != "_" }
        guard let column = Self.allCases.first(where: { name == $0.rawValue.lowercased() || name == $0.secondName }) else { return nil }
        self = column
    }

    private var secondName: String? {
        switch self {
        case .invoice: "invoice"
        case .price: "price"
        default: nil
        }
    }

    /// The header as the data set has it.
    static let header = allCases.map(\.rawValue)

    /// Its place in the data set's header.
    var index: Int {
        switch self {
        case .invoice: 0
        case .sku: 1
        case .description: 2
        case .quantity: 3
        case .date: 4
        case .price: 5
        case .customer: 6
        case .country: 7
        }
    }
}
