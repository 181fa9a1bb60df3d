import Synchronization

/// Something that happens once, for others to wait for.
final class Signal: Sendable {
    private enum State {
        case pending([CheckedContinuation<Void, Never>])
        case signalled
    }

    private let state = Mutex(State.pending([]))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isSignalled = state.withLock { state in
                guard case .pending(let waiting) = state else { return true }
                state = .pending(waiting + [continuation])
                return false
            }
            if isSignalled { continuation.resume() }
        }
    }

    func signal() {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            guard case .pending(let waiting) = state else { return [] }
            state = .signalled
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
