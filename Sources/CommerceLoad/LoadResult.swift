/// What a load came to; one JSON object on standard output.
struct LoadResult: Encodable, Equatable, Sendable {
    /// With at least one accepted line: `placed + registered + replayed + refused`.
    var invoices = 0
    var placed = 0
    var registered = 0
    /// Were in the log before.
    var replayed = 0
    /// The domain said no.
    var refused = 0
    /// Of the file, without the header; rejected ones included.
    var lines = 0
    var rejectedLines = 0
    var seconds = 0.0

    mutating func add(_ outcome: CommandSender.Outcome, _ command: InvoiceCommand) {
        invoices += 1
        switch outcome {
        case .committed where command.isReturn: registered += 1
        case .committed: placed += 1
        case .replayed: replayed += 1
        case .refused: refused += 1
        }
    }
}
