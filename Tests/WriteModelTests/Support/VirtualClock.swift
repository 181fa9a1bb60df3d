import EventLog
import EventModel
import Synchronization

/// A clock that stands still until a test moves it.
final class VirtualClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var sleepers: [Int: Sleeper] = [:]
        var tickets = 0
        /// Who waits for somebody to sleep for just so long.
        var observers: [(duration: Duration, continuation: CheckedContinuation<Void, Never>)] = []
        /// Whether time passes as soon as somebody sleeps.
        var isFlowing = false
    }

    private let state = Mutex(State())
    private let jitter: Double

    init(jitter: Double) { self.jitter = jitter }

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// An environment in which time passes as this clock says, from 2026 on.
    var environment: EngineEnvironment {
        EngineEnvironment(
            clock: self, now: { [self] in Timestamp(microseconds: 1_767_225_600_000_000).advanced(by: now.offset) },
            jitter: { [jitter] in jitter })
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isOver, seen) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                    if Task.isCancelled || deadline <= state.now { return (true, []) }
                    if state.isFlowing {
                        state.now = deadline
                        return (true, [])
                    }
                    state.sleepers[ticket] = Sleeper(deadline: deadline, continuation: continuation)
                    let duration = state.now.duration(to: deadline)
                    let seen = state.observers.filter { $0.duration == duration }.map(\.continuation)
                    state.observers.removeAll { $0.duration == duration }
                    return (false, seen)
                }
                if isOver { continuation.resume() }
                for observer in seen { observer.resume() }
            }
            try Task.checkCancellation()
            // Whoever only sleeps must not keep others from working while time flows.
            if state.withLock({ $0.isFlowing }) { await Task.yield() }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: ticket) }?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns once somebody sleeps who has `duration` to go.
    func sleeper(for duration: Duration) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { state.now.duration(to: $0.deadline) == duration }) { return true }
                state.observers.append((duration, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets time pass for whoever sleeps until `body` is done.
    func flowing(_ body: () async -> Void) async {
        let due = state.withLock { state in
            state.isFlowing = true
            defer { state.sleepers = [:] }
            return state.sleepers.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
        await body()
        state.withLock { $0.isFlowing = false }
    }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for ticket in due.keys { state.sleepers[ticket] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }
}
