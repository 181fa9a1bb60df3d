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
        try rejects.begin(file.form.layout)
        var result = LoadResult()
        func add(_ outcome: CommandSender.Outcome, _ command: InvoiceCommand) throws {
            result.add(outcome, command)
            if case .refused(let name, let detail) = outcome { try rejects.add(command, refusedFor: name, detail: detail) }
            result.rejectedLines = rejects.count
            line.show("load", done: result.fraction(of: file.invoices), progress(result, of: file.invoices, since: start))
        }
        try await withThrowingTaskGroup(of: (InvoiceCommand, CommandSender.Outcome).self) { group in
            var inFlight = 0
            var sent = 0
            try await file.read { record, reject in
                result.lines += 1
                try rejects.add(record, reject)
            } accepted: { invoice in
                result.lines += invoice.lines.count
                result.addConflicts(of: invoice)
                guard let command = try invoice.command() else { return }
                if inFlight == concurrency, let (command, outcome) = try await group.next() {
                    inFlight -= 1
                    try add(outcome, command)
                }
                if let rate {
                    try await ContinuousClock().sleep(until: start + .seconds(Double(sent) / rate))
                }
                sent += 1
                inFlight += 1
                group.addTask { (command, try await send(command)) }
            }
            for try await (command, outcome) in group { try add(outcome, command) }
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
