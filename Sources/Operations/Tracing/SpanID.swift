/// The 8 bytes that name a span in its trace; never all zero.
public struct SpanID: Hashable, Sendable, CustomStringConvertible {
    let rawValue: UInt64

    /// Nil where it is zero.
    public init?(_ rawValue: UInt64) {
        guard rawValue != 0 else { return nil }
        self.rawValue = rawValue
    }

    /// 16 lower-case hexadecimal digits.
    public var description: String { Hex.text(rawValue) }
}
