import Synchronization

/// Makes ids of traces and spans from a source of random bits.
public struct TraceIDGenerator: Sendable {
    private let next: @Sendable () -> UInt64

    /// Random numbers that begin with the system's. Trace ids need to be unlike, not hard to guess, and the system's cost a call each.
    public static let random: TraceIDGenerator = {
        let generator = TraceRandom()
        return TraceIDGenerator { generator.next() }
    }()

    /// - Parameter next: random bits; called again where they would make an id of zeros.
    public init(_ next: @escaping @Sendable () -> UInt64) { self.next = next }

    public func traceID() -> TraceID {
        while true {
            if let id = TraceID(high: next(), low: next()) { return id }
        }
    }

    public func spanID() -> SpanID {
        while true {
            if let id = SpanID(next()) { return id }
        }
    }
}

/// xoshiro256** (Blackman and Vigna, 2018).
private final class TraceRandom: Sendable {
    private let state = Mutex<(UInt64, UInt64, UInt64, UInt64)>(
        // A state of zeros would stay there.
        (.random(in: 1 ... .max), .random(in: .min ... .max), .random(in: .min ... .max), .random(in: .min ... .max)))

    func next() -> UInt64 {
        state.withLock { s in
            let result = Self.rotate(s.1 &* 5, 7) &* 9
            let shifted = s.1 << 17
            s.2 ^= s.0
            s.3 ^= s.1
            s.1 ^= s.2
            s.0 ^= s.3
            s.2 ^= shifted
            s.3 = Self.rotate(s.3, 45)
            return result
        }
    }

    private static func rotate(_ x: UInt64, _ count: UInt64) -> UInt64 { x << count | x >> (64 - count) }
}
