import HighwaterCLI

/// Sends the invoices of a file, so many at a time, and counts what came of them.
struct Load {
    let concurrency: Int
    /// Commands per second.
    let rate: Double?

    func run(
        _ file: InvoiceFile, _ rejects: RejectsFile, send: @escaping @Sendable (InvoiceCommand) async throws -> CommandSender.Outcome
    ) async throws -> LoadResult {
        let start = ContinuousClock.now
        let line = ProgressLine()
        defer { line.end() }
        var result = LoadResult()
        try await withThrowingTaskGroup(of: (InvoiceCommand, CommandSender.Outcome).self) { group in
            var inFlight = 0
            var sent = 0
            try await file.read { record, reason in
                result.lines += 1
                try rejects.add(record, reason)
            } accepted: { invoice in
                result.lines += invoice.lines.count
                guard let command = try invoice.command() else { return }
                if inFlight == concurrency, let (command, outcome) = try await group.next() {
                    inFlight -= 1
                    result.add(outcome, command)
                }
                if let rate {
                    try await ContinuousClock().sleep(until: start + .seconds(Double(sent) / rate))
                }
                sent += 1
                inFlight += 1
                group.addTask { (command, try await send(command)) }
                line.show("load", done: result.fraction(of: file.invoices), progress(result, of: file.invoices, since: start))
            }
            for try await (command, outcome) in group {
                result.add(outcome, command)
                line.show("load", done: result.fraction(of: file.invoices), progress(result, of: file.invoices, since: start))
            }
        }
        result.rejectedLines = rejects.count
        result.seconds = (start.duration(to: .now) / .milliseconds(1)).rounded() / 1000
        return result
    }

    private func progress(_ result: LoadResult, of total: Int, since start: ContinuousClock.Instant) -> String {
        let seconds = start.duration(to: .now) / .seconds(1)
        return "\(result.invoices) of \(total) invoices, \(Int(Double(result.invoices) / max(seconds, 0.001)))/s, "
            + "\(result.rejectedLines) lines set aside"
    }
}
