import EventLog

/// The reports that a producer owes, in the order of its appends. A failure fails what comes after it too: nothing is reported as stored
/// behind a record whose outcome is unknown.
struct ReportQueue {
    enum Outcome {
        case landed(Offset)
        case failed(LogError)
    }

    struct Due {
        fileprivate let report: @Sendable (Result<Offset, LogError>) -> Void
        fileprivate let result: Result<Offset, LogError>

        func call() { report(result) }
    }

    private struct Entry {
        let report: @Sendable (Result<Offset, LogError>) -> Void
        /// Where it landed; below 0 while that is not known.
        var offset: Int64 = -1
        var failure: Failure?
    }

    /// Boxed: it is rare, and an entry small.
    private final class Failure {
        let error: LogError
        init(_ error: LogError) { self.error = error }
    }

    private var entries: [Entry] = []
    private var head = 0
    /// The ticket of the first in `entries`.
    private var base = 0
    /// What the first failed record failed with.
    private var failure: LogError?

    var isEmpty: Bool { head == entries.count }

    /// The ticket by which to settle it.
    mutating func add(_ report: @escaping @Sendable (Result<Offset, LogError>) -> Void) -> Int {
        entries.append(Entry(report: report))
        return base + entries.count - 1
    }

    /// The first outcome counts.
    mutating func settle(_ ticket: Int, _ outcome: Outcome) {
        let index = ticket - base
        guard index >= head, index < entries.count, entries[index].offset < 0, entries[index].failure == nil else { return }
        switch outcome {
        case .landed(let offset): entries[index].offset = offset.rawValue
        case .failed(let error): entries[index].failure = Failure(error)
        }
    }

    mutating func settleAll(_ error: LogError) {
        for ticket in (base + head)..<(base + entries.count) { settle(ticket, .failed(error)) }
    }

    /// Takes the reports up to the first that is not settled.
    mutating func due() -> [Due] {
        var due: [Due] = []
        while head < entries.count {
            let entry = entries[head]
            if let error = entry.failure?.error {
                if failure == nil, Self.isOfUnknownOutcome(error) { failure = error }
                due.append(Due(report: entry.report, result: .failure(error)))
            } else if entry.offset >= 0 {
                let result = failure.map { Result<Offset, LogError>.failure(Self.behind($0)) } ?? .success(Offset(entry.offset))
                due.append(Due(report: entry.report, result: result))
            } else {
                break
            }
            head += 1
        }
        discard()
        return due
    }

    /// Frees what has been taken, in large pieces.
    private mutating func discard() {
        if head == entries.count {
            base += head
            entries.removeAll(keepingCapacity: entries.capacity <= 4096)
            head = 0
        } else if head > 4096, head * 2 > entries.count {
            entries.removeFirst(head)
            base += head
            head = 0
        }
    }

    private static func isOfUnknownOutcome(_ error: LogError) -> Bool {
        switch error.code {
        case .recordTooLarge, .topicMissing, .partitionOutOfRange: false
        default: true
        }
    }

    private static func behind(_ failure: LogError) -> LogError {
        LogError(failure.code, "the outcome is unknown: a record before it failed", underlying: failure)
    }
}
