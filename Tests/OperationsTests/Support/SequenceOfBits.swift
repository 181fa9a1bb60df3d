import Synchronization

/// The given numbers, then 1, 2, 3 …
final class SequenceOfBits: Sendable {
    private let state: Mutex<(given: [UInt64], count: UInt64)>

    init(_ given: [UInt64] = []) { state = Mutex((given, 0)) }

    @Sendable func next() -> UInt64 {
        state.withLock { state in
            if !state.given.isEmpty { return state.given.removeFirst() }
            state.count += 1
            return state.count
        }
    }
}
