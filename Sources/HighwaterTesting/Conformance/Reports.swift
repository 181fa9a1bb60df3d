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
        var continuation: CheckedContinuation<[Report], any Error>?
        var isCancelled = false
    }

    private let expected: Int
    private let state = Mutex(State())

    init(expected: Int) { self.expected = expected }

    var count: Int { state.withLock { $0.reports.count } }

    func add(_ index: Int, _ result: Result<Offset, LogError>) {
        let done = state.withLock { state -> (CheckedContinuation<[Report], any Error>, [Report])? in
            state.reports.append(Report(index: index, result: result))
            guard state.reports.count == expected, let continuation = state.continuation.take() else { return nil }
            return (continuation, state.reports)
        }
        if let (continuation, reports) = done { continuation.resume(returning: reports) }
    }

    /// The reports, once there are as many as expected. For one task.
    ///
    /// - Throws: `CancellationError`, so that a log which never reports fails a test at its time limit.
    func all() async throws -> [Report] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<[Report], any Error>) in
                let outcome: Result<[Report], any Error>? = state.withLock { state in
                    if state.reports.count >= expected { return .success(state.reports) }
                    if state.isCancelled { return .failure(CancellationError()) }
                    state.continuation = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.isCancelled = true
                return state.continuation.take()
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}
