import EventLog
import Synchronization

/// Collects the reports of appends in the order they come.
final class Reports: Sendable {
    struct Report: Sendable {
        let index: Int
        let result: Result<Offset, LogError>
    }

    private struct State {
        var reports: [Report] = []
        var continuation: CheckedContinuation<[Report], Never>?
    }

    private let expected: Int
    private let state = Mutex(State())

    init(expected: Int) { self.expected = expected }

    var count: Int { state.withLock { $0.reports.count } }

    /// Resumes `continuation` with the reports, once there are as many as expected.
    func complete(_ continuation: CheckedContinuation<[Report], Never>) { settle { $0.continuation = continuation } }

    func add(_ index: Int, _ result: Result<Offset, LogError>) { settle { $0.reports.append(Report(index: index, result: result)) } }

    private func settle(_ change: (inout State) -> Void) {
        let done = state.withLock { state -> (CheckedContinuation<[Report], Never>, [Report])? in
            change(&state)
            guard state.reports.count == expected, let continuation = state.continuation else { return nil }
            state.continuation = nil
            return (continuation, state.reports)
        }
        if let (continuation, reports) = done { continuation.resume(returning: reports) }
    }
}
