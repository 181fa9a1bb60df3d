import Foundation

/// Time and chance, as the sender takes them. Tests have their own.
struct SenderTime: Sendable {
    var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// Seconds since 1970.
    var secondsSince1970: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// A part of a duration, from none of it to all of it.
    var share: @Sendable (Duration) -> Duration = { $0 * Double.random(in: 0...1) }
}
