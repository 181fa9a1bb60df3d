import CommerceSchemas
import EventModel
import HighwaterCLI
import ProtobufModel
import SwiftProtobuf

/// An invoice's accepted lines, in the order of the file: one command.
struct Invoice {
    private(set) var lines: [InvoiceLine] = []
    /// How many lines have another customer, country or day than the first, and the first of those lines.
    private(set) var conflicts: (count: Int, first: Conflict?) = (0, nil)

    mutating func add(_ line: InvoiceLine) {
        if let first = lines.first, let conflict = Conflict(line, after: first) {
            conflicts = (conflicts.count + 1, conflicts.first ?? conflict)
        }
        lines.append(line)
    }

    /// The path of the command, its idempotency key, and its body. Nil for an invoice without lines.
    ///
    /// The key derives from the invoice, so that a second load appends nothing.
    ///
    /// - Throws: ``Failure`` where it cannot be written as JSON.
    func command() throws -> InvoiceCommand? {
        guard let first = lines.first else { return nil }
        let number = first.invoice.text
        let body: [UInt8]
        do {
            body =
                if first.invoice.isReturn {
                    try RegisterReturn.with {
                        if let customer = first.customer { $0.customerID = customer }
                        $0.country = first.country
                        $0.currency = "GBP"
                        $0.registeredAt = Google_Protobuf_Timestamp(first.date)
                        $0.lines = lines.map(\.line)
                    }.jsonUTF8Bytes()
                } else {
                    try PlaceOrder.with {
                        if let customer = first.customer { $0.customerID = customer }
                        $0.country = first.country
                        $0.currency = "GBP"
                        $0.placedAt = Google_Protobuf_Timestamp(first.date)
                        $0.lines = lines.map(\.line)
                    }.jsonUTF8Bytes()
                }
        } catch {
            throw Failure("the command of invoice \(number), which begins at line \(first.number), cannot be written as JSON: \(error)")
        }
        return InvoiceCommand(
            isReturn: first.invoice.isReturn, invoice: number, line: first.number,
            path: first.invoice.isReturn ? "/v1/return/\(number)/register" : "/v1/order/\(number)/place",
            idempotencyKey: "online-retail-\(number)", body: body)
    }
}

/// What is sent for an invoice.
struct InvoiceCommand: Sendable {
    let isReturn: Bool
    let invoice: String
    /// The invoice's first line in the file.
    let line: Int
    let path: String
    let idempotencyKey: String
    let body: [UInt8]
}
