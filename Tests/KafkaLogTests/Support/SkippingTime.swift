import EventLog
import EventModel
import Synchronization

/// Time that passes by sleeping alone, and then at once.
final class SkippingTime: Sendable {
    private let passed = Mutex(Duration.zero)

    var slept: Duration { passed.withLock { $0 } }

    var environment: EngineEnvironment {
        EngineEnvironment(
            clock: SkippingClock(time: self), now: { Timestamp(microseconds: 0).advanced(by: self.slept) }, jitter: { 1 })
    }

    private struct SkippingClock: Clock {
        let time: SkippingTime
        private let began = ContinuousClock.now

        init(time: SkippingTime) { self.time = time }

        var now: ContinuousClock.Instant { began + time.slept }
        var minimumResolution: Duration { .nanoseconds(1) }

        func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
            try Task.checkCancellation()
            time.passed.withLock { $0 = max($0, deadline - began) }
        }
    }
}
