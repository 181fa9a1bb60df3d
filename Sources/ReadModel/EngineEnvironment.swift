public import EventModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the engine takes from outside itself: time and chance. Tests bring their own.
public struct EngineEnvironment: Sendable {
    /// To sleep by.
    public var clock: any Clock<Duration>
    /// The time of day, for leases, lag in seconds, and figures.
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

    public static let system = EngineEnvironment(
        clock: ContinuousClock(),
        now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) },
        jitter: { Double.random(in: 0..<1) })
}

extension Timestamp {
    func seconds(since earlier: Timestamp) -> Double { Double(microseconds - earlier.microseconds) / 1_000_000 }

    func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}
