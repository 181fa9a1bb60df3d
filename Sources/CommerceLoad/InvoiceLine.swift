import Commerce
import CommerceSchemas
import EventModel
import ProtobufModel
import SwiftProtobuf

/// One line of an Online Retail file that fits the rules.
struct InvoiceLine: Equatable {
    static let columns = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]

    let invoice: InvoiceNumber
    let line: Line
    let date: Timestamp
    let customer: String?
    let country: String

    /// - Throws: the reason for which the line is set aside.
    init(_ fields: [String]) throws(RejectReason) {
        guard let number = fields.first, let invoice = InvoiceNumber(number) else { throw .invoiceNumber }
        guard fields.count == Self.columns.count, fields[1].fits(TextLimits.sku), fields[2].fits(TextLimits.description),
            let quantity = Int32(fields[3]), let date = Timestamp(onlineRetail: fields[4]), let price = Self.micros(fields[5]),
            let customer = Self.customer(fields[6]), fields[7].fits(TextLimits.country)
        else { throw .malformed }
        guard quantity != 0, (quantity < 0) == invoice.isReturn, quantity > .min else { throw .quantity }
        guard price >= 0 else { throw .price }
        self.invoice = invoice
        self.date = date
        self.customer = customer
        country = fields[7]
        line = Line.with {
            $0.sku = fields[1]
            $0.description_p = fields[2]
            $0.quantity = abs(quantity)
            $0.unitPriceMicros = price
        }
    }

    /// A decimal number in millionths, exactly; nil where it is none, or has more than six decimals.
    static func micros(_ text: String) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = (isNegative ? text.dropFirst() : text[...]).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy(\.isDigit) else { return nil }
        let decimals = parts.count == 2 ? parts[1] : "0"
        guard !decimals.isEmpty, decimals.utf8.allSatisfy(\.isDigit), decimals.utf8.dropFirst(6).allSatisfy({ $0 == UInt8(ascii: "0") }),
            let units = Int64(whole), let fraction = Int64((decimals + "000000").prefix(6))
        else { return nil }
        let (scaled, overflow) = units.multipliedReportingOverflow(by: 1_000_000)
        let (sum, tooLarge) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !tooLarge else { return nil }
        return isNegative ? -sum : sum
    }

    /// `17850.0` is customer `17850`; an empty field is an unknown one. Nil where it is neither.
    private static func customer(_ text: String) -> String?? {
        if text.isEmpty { return .some(nil) }
        let digits = text.hasSuffix(".0") ? text.dropLast(2) : text[...]
        return digits.utf8.allSatisfy(\.isDigit) && String(digits).fits(TextLimits.customerID) ? .some(String(digits)) : nil
    }
}

/// Why a line is set aside.
enum RejectReason: String, Error {
    case invoiceNumber = "invoice-number"
    case malformed
    case quantity
    case price
}

/// Six digits for an order; `C` and six digits for a return.
struct InvoiceNumber: Hashable {
    let text: String

    init?(_ text: String) {
        let digits = text.hasPrefix("C") ? text.dropFirst() : text[...]
        guard digits.utf8.count == 6, digits.utf8.allSatisfy(\.isDigit) else { return nil }
        self.text = text
    }

    var isReturn: Bool { text.hasPrefix("C") }
}

extension Timestamp {
    /// `YYYY-MM-DD HH:MM:SS`, taken as UTC.
    init?(onlineRetail text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 19, bytes[10] == UInt8(ascii: " ") else { return nil }
        guard let time = try? Google_Protobuf_Timestamp(jsonString: "\"\(text.prefix(10))T\(text.suffix(8))Z\"") else { return nil }
        self.init(clamping: time)
    }
}

extension String {
    /// Whether the command API takes it: of so many characters, none of them NUL.
    fileprivate func fits(_ length: ClosedRange<Int>) -> Bool { length.contains(unicodeScalars.count) && !utf8.contains(0) }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
