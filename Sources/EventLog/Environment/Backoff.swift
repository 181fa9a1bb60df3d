/// Capped exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015): the n-th wait is a random time up to
/// `min(cap, base * 2^(n-1))`.
public struct Backoff: Sendable {
    public let base: Duration
    public let cap: Duration
    private var attempts = 0

    public init(base: Duration = .milliseconds(50), cap: Duration = .seconds(5)) {
        self.base = base
        self.cap = cap
    }

    /// - Parameters:
    ///   - attempt: from 1.
    ///   - jitter: from 0 up to 1.
    public func delay(attempt: Int, jitter: Double) -> Duration {
        min(cap, base * (1 << min(max(attempt, 1) - 1, 20))) * jitter
    }

    /// The wait before the next attempt.
    public mutating func next(jitter: Double) -> Duration {
        attempts += 1
        return delay(attempt: attempts, jitter: jitter)
    }

    public mutating func reset() { attempts = 0 }
}
