/// Makes ids of traces and spans from a source of random bits.
public struct TraceIDGenerator: Sendable {
    private let next: @Sendable () -> UInt64

    /// The system's random numbers.
    public static let random = TraceIDGenerator { UInt64.random(in: .min ... .max) }

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
