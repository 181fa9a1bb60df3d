import Synchronization

/// Something that happens once, and those who wait for it.
final class Completion: Sendable {
    private struct State {
        var isDone = false
        var nextTicket = 0
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state = Mutex(State())

    var isDone: Bool { state.withLock { $0.isDone } }

    func finish() {
        let waiting = state.withLock { state in
            state.isDone = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    func wait() async { _ = await wait(newTicket()) }

    /// Whether it has happened within `limit`.
    func wait(upTo limit: Duration, by clock: any Clock<Duration>) async -> Bool {
        let ticket = newTicket()
        let timer = Task {
            try await clock.sleep(for: limit)
            giveUp(ticket)
        }
        defer { timer.cancel() }
        return await wait(ticket)
    }

    private func newTicket() -> Int {
        state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
    }

    private func wait(_ ticket: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.isDone { state.waiting[ticket] = continuation }
                return state.isDone
            }
            if isDone { continuation.resume(returning: true) }
        }
    }

    private func giveUp(_ ticket: Int) {
        state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: false)
    }
}
