public import EventLog
import EventModel
import Synchronization

/// A clock that stands still until a test moves it. A test waits for whoever sleeps by it, and then moves it: nothing depends on real time.
public final class ManualClock: Clock {
    public struct Instant: InstantProtocol {
        var offset: Duration
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        public static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var sleepers: [Int: Sleeper] = [:]
        var tickets = 0
        var observers: [(awaited: Awaited, continuation: CheckedContinuation<Void, Never>)] = []
        /// Whether time passes as soon as somebody sleeps.
        var isFlowing = false

        func isThere(_ awaited: Awaited) -> Bool {
            switch awaited {
            case .count(let count): sleepers.count >= count
            case .duration(let duration, let count): sleepers.values.count { now.duration(to: $0.deadline) == duration } >= count
            }
        }

        mutating func takeSatisfied() -> [CheckedContinuation<Void, Never>] {
            let satisfied = observers.filter { isThere($0.awaited) }.map(\.continuation)
            observers = observers.filter { !isThere($0.awaited) }
            return satisfied
        }
    }

    /// What a test waits for.
    private enum Awaited {
        /// So many sleep.
        case count(Int)
        /// So many sleep who have just so long to go.
        case duration(Duration, count: Int)
    }

    private let state = Mutex(State())
    private let jitter: Double

    /// - Parameter jitter: what the clock's ``environment`` gives for chance, from 0 up to 1.
    public init(jitter: Double = 0) { self.jitter = jitter }

    public var now: Instant { state.withLock { $0.now } }
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// An environment in which time passes as this clock says, from 2026 on.
    public var environment: EngineEnvironment {
        EngineEnvironment(
            clock: self, now: { [self] in Timestamp(microseconds: 1_767_225_600_000_000).advanced(by: now.offset) },
            jitter: { [jitter] in jitter })
    }

    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
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
                    return (false, state.takeSatisfied())
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
    public func sleeper(for duration: Duration) async { await sleepers(1, for: duration) }

    /// Returns once at least `count` tasks sleep that have `duration` to go.
    public func sleepers(_ count: Int, for duration: Duration) async { await wait(for: .duration(duration, count: count)) }

    /// Returns once at least `count` tasks sleep.
    public func sleepers(_ count: Int) async { await wait(for: .count(count)) }

    private func wait(for awaited: Awaited) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.isThere(awaited) { return true }
                state.observers.append((awaited, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets time pass for whoever sleeps until `body` is done.
    public func flowing(_ body: () async -> Void) async {
        let due = state.withLock { state in
            state.isFlowing = true
            defer { state.sleepers = [:] }
            return state.sleepers.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
        await body()
        state.withLock { $0.isFlowing = false }
    }

    /// Lets time pass, and wakes whoever is due.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for ticket in due.keys { state.sleepers[ticket] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }
}
