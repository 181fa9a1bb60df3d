import EventLog
import EventModel
import Synchronization

/// The time of day, which goes on when told to; sleeps are real.
final class ManualTime: Sendable {
    private let microseconds = Atomic<Int64>(1_600_000_000_000_000)

    func advance(seconds: Int64) { microseconds.add(seconds * 1_000_000, ordering: .sequentiallyConsistent) }

    var environment: EngineEnvironment {
        EngineEnvironment(
            clock: ContinuousClock(), now: { Timestamp(microseconds: self.microseconds.load(ordering: .sequentiallyConsistent)) },
            jitter: { 0.5 })
    }
}

/// A clock that tells of each sleep, which is when a worker has something to say of itself.
struct TellingClock: Clock {
    let onSleep: @Sendable () -> Void

    var now: ContinuousClock.Instant { ContinuousClock().now }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        onSleep()
        try await ContinuousClock().sleep(until: deadline, tolerance: tolerance)
    }
}
