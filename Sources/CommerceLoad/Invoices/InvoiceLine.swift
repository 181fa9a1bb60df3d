import Commerce
import CommerceSchemas
import EventModel
import SwiftProtobuf

/// One line of an Online Retail file that fits the rules.
struct InvoiceLine: Equatable {
    let invoice: InvoiceNumber
    let line: Line
    let date: Timestamp
    let customer: String?
    let country: String
    /// Where the line is in the file, 1 for the first.
    let number: Int

    /// - Throws: the reason for which the line is set aside.
    init(_ record: CSVRecord, _ form: LineForm) throws(Reject) {
        guard let invoice = InvoiceNumber(form.bytes(.invoice, of: record)) else { throw .invoiceNumber }
        switch record.flaw {
        case .openQuote: throw Reject(.malformed, nil, "a quote that opens a field is not closed")
        case .textBehindQuote: throw Reject(.malformed, nil, "something stands behind the quote that closes a field")
        case .tooLong: throw Reject(.malformed, nil, "the line is longer than \(CSVReader.longestRecord) bytes")
        case nil: break
        }
        let width = form.layout.names.count
        guard !record.hasText(from: width) else {
            throw Reject(.malformed, nil, "the line has \(record.count) fields where the header has \(width)")
        }
        let sku = try form.sku(of: record)
        let description = try form.text(.description, of: record, TextLimits.description)
        let quantity = try form.quantity(of: record)
        let date = try form.date(of: record)
        let price = try form.price(of: record)
        let customer = try form.customer(of: record)
        let country = try form.text(.country, of: record, TextLimits.country)
        guard quantity != 0 else { throw Reject(.quantity, .quantity, "is 0") }
        guard (quantity < 0) == invoice.isReturn else {
            throw Reject(.quantity, .quantity, invoice.isReturn ? "is above 0 on a return" : "is below 0 on an order")
        }
        guard quantity > .min else { throw Reject(.quantity, .quantity, "has no positive counterpart in 32 bits") }
        guard price >= 0 else { throw Reject(.price, .price, "is below 0") }
        self.invoice = invoice
        self.date = date
        self.customer = customer
        self.country = country
        number = record.line
        line = Line.with {
            $0.sku = sku
            $0.description_p = description
            $0.quantity = abs(quantity)
            $0.unitPriceMicros = price
        }
    }
}
