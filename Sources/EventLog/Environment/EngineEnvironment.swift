public import EventModel

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the engines take from outside themselves: time and chance. Tests bring their own.
public struct EngineEnvironment: Sendable {
    /// To sleep by, and to measure deadlines.
    public var clock: any Clock<Duration>
    /// The time of day, for stamps, leases, lag in seconds, and figures.
    public var now: @Sendable () -> Timestamp
    /// A number from 0 up to 1, for jitter.
    public var jitter: @Sendable () -> Double

    public init(
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, jitter: @escaping @Sendable () -> Double
    ) {
        self.clock = clock
        self.now = now
        self.jitter = jitter
    }

    /// Tells by ``clock`` how long ago it was made.
    public func stopwatch() -> @Sendable () -> Duration { clock.stopwatch() }

    public static let system = EngineEnvironment(clock: ContinuousClock(), now: systemTime, jitter: { Double.random(in: 0..<1) })

    private static let systemTime: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

extension Clock where Duration == Swift.Duration {
    fileprivate func stopwatch() -> @Sendable () -> Swift.Duration {
        let start = now
        return { start.duration(to: self.now) }
    }
}
