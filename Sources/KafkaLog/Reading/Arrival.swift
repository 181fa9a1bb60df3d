import Synchronization

/// Wakes the one task that waits for a queue to fill. A signal is kept for whoever waits next, so none is lost.
final class Arrival: Sendable {
    private struct State {
        var isSignalled = false
        var isClosed = false
        var waiting: CheckedContinuation<Void, any Error>?
        /// Counts the waits, so that a late cancellation does not end the next one.
        var wait = 0
        var cancelledWait = 0
    }

    private let state = Mutex(State())

    /// Called by librdkafka with the queue locked: it only wakes.
    func signal() {
        state.withLock { state in
            state.isSignalled = true
            return state.waiting.take()
        }?.resume()
    }

    /// Wakes whoever waits, now and later.
    func close() {
        state.withLock { state in
            state.isClosed = true
            return state.waiting.take()
        }?.resume()
    }

    /// Returns after a signal that no wait has seen.
    ///
    /// - Throws: `CancellationError`.
    func wait() async throws {
        let wait = state.withLock { state in
            state.wait += 1
            return state.wait
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelledWait == wait { return .failure(CancellationError()) }
                    if state.isSignalled || state.isClosed { return .success(()) }
                    state.waiting = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiting: CheckedContinuation<Void, any Error>? = state.withLock { state in
                guard state.wait == wait else { return nil }
                state.cancelledWait = wait
                return state.waiting.take()
            }
            waiting?.resume(throwing: CancellationError())
        }
        state.withLock { $0.isSignalled = false }
    }
}
