import Synchronization

/// Lets so many work at the same time. The others wait, and the one with the lowest rank is let in next.
final class Turns: Sendable {
    private struct State {
        var free: Int
        var waiting: [(rank: Int, ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var tickets: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ limit: Int) { state = Mutex(State(free: max(1, limit))) }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Waits for a turn, which ``giveBack()`` ends.
    ///
    /// - Parameter rank: of two with the same rank, the one that asked first is let in first.
    /// - Throws: `CancellationError`, without having taken one.
    func take(rank: Int = 0) async throws(CancellationError) {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let isTaken = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    // A handler that has run already has found nothing to resume.
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((rank, ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0).continuation }
            }
            waiting?.resume(returning: false)
        }
        guard isTaken else { throw CancellationError() }
    }

    func giveBack() {
        let next = state.withLock { state in
            let first = state.waiting.indices.min {
                (state.waiting[$0].rank, state.waiting[$0].ticket) < (state.waiting[$1].rank, state.waiting[$1].ticket)
            }
            guard let first else {
                state.free += 1
                return CheckedContinuation<Bool, Never>?.none
            }
            return state.waiting.remove(at: first).continuation
        }
        next?.resume(returning: true)
    }
}
