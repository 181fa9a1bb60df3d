import Synchronization

/// How far a load is, for its senders together: while one of them gets answers, the others go on trying.
final class LoadProgress: Sendable {
    private struct State {
        var answered = 0
        var lastAnswer: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Invoices that have a definite answer.
    var answered: Int { state.withLock { $0.answered } }

    func addAnswer(at time: ContinuousClock.Instant) {
        state.withLock { state in
            state.answered += 1
            state.lastAnswer = time
        }
    }

    /// Until when a command that was first sent at `start` is sent again: as long as some command has had an answer within the patience.
    func end(of patience: Duration, since start: ContinuousClock.Instant) -> ContinuousClock.Instant {
        max(start, state.withLock { $0.lastAnswer } ?? start) + patience
    }
}
