/// Capped exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter"): the n-th wait is a random time up to
/// `min(cap, base * 2^n)`.
struct Backoff {
    let base: Duration
    let cap: Duration
    private(set) var attempt = 0

    init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// - Parameter jitter: from 0 up to 1.
    mutating func next(jitter: Double) -> Duration {
        let bound = min(cap, base * (1 << min(attempt, 20)))
        attempt += 1
        return bound * jitter
    }

    mutating func reset() { attempt = 0 }
}
