/// What a load came to; one JSON object on standard output.
struct LoadResult: Encodable, Equatable, Sendable {
    /// With at least one accepted line: `placed + registered + replayed + refused`.
    var invoices = 0
    var placed = 0
    var registered = 0
    /// Were in the log before.
    var replayed = 0
    /// The domain said no, or the server takes no such command.
    var refused = 0
    /// Of the file, without the header; rejected ones included.
    var lines = 0
    var rejectedLines = 0
    var seconds = 0.0
    /// What the refused ones were refused for. For people, and not in the JSON.
    var refusals: [String: Refusal] = [:]
    /// Lines that disagree with the first of their invoice. For people, and not in the JSON.
    var conflicts = Conflicts()

    struct Refusal: Equatable, Sendable {
        var count: Int
        /// The first of them.
        let invoice: String
        let detail: String?
    }

    struct Conflicts: Equatable, Sendable {
        var lines = 0
        /// One of each of the first invoices.
        var examples: [Conflict] = []
        static let mostExamples = 10
    }

    private enum CodingKeys: CodingKey {
        case invoices, placed, registered, replayed, refused, lines, rejectedLines, seconds
    }

    /// `2 order-already-placed (as 536365: …), 1 malformed (as 536366: …)`
    var refusalText: String {
        refusals.sorted { $0.key < $1.key }.map { name, refusal in
            "\(refusal.count) \(name) (as \(refusal.invoice)\(refusal.detail.map { ": \($0)" } ?? ""))"
        }.joined(separator: ", ")
    }

    /// How much of so many invoices is done.
    func fraction(of total: Int) -> Double { Double(invoices) / Double(max(total, 1)) }

    mutating func add(_ outcome: CommandSender.Outcome, _ command: InvoiceCommand) {
        invoices += 1
        switch outcome {
        case .committed where command.isReturn: registered += 1
        case .committed: placed += 1
        case .replayed: replayed += 1
        case .refused(let name, let detail):
            refused += 1
            refusals[name, default: Refusal(count: 0, invoice: command.invoice, detail: detail)].count += 1
        }
    }

    mutating func addConflicts(of invoice: Invoice) {
        guard let first = invoice.conflicts.first else { return }
        conflicts.lines += invoice.conflicts.count
        if conflicts.examples.count < Conflicts.mostExamples { conflicts.examples.append(first) }
    }
}
