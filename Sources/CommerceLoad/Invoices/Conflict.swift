import EventModel

/// A line whose invoice another line describes otherwise: maybe two invoices of one number.
struct Conflict: Equatable, Sendable {
    let invoice: String
    /// The line, and the invoice's first, which gives date, customer and country.
    let line: Int
    let firstLine: Int
    /// What differs, in words.
    let difference: String

    /// Lines of one invoice are a minute apart in the data set.
    private static let longestInvoice: Int64 = 86_400

    init?(_ line: InvoiceLine, after first: InvoiceLine) {
        var differences: [String] = []
        if line.customer != first.customer {
            differences.append("\(Self.customer(line)) and not \(Self.customer(first))")
        }
        if line.country != first.country { differences.append("'\(Excerpt(line.country))' and not '\(Excerpt(first.country))'") }
        if abs(line.date.seconds - first.date.seconds) > Self.longestInvoice {
            differences.append("\(line.date.day) and not \(first.date.day)")
        }
        guard !differences.isEmpty else { return nil }
        invoice = line.invoice.text
        self.line = line.number
        firstLine = first.number
        difference = differences.joined(separator: ", ")
    }

    private static func customer(_ line: InvoiceLine) -> String { line.customer.map { "customer \($0)" } ?? "no customer" }
}

extension Conflict: CustomStringConvertible {
    /// `line 9 of invoice 536365 has customer 17851 and not customer 17850, as its first line 2`
    var description: String { "line \(line) of invoice \(invoice) has \(difference), as its first line \(firstLine)" }
}
