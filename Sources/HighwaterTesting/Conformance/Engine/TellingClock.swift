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
