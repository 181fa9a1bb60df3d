/// How many events a stream has; the version of its newest event. The first event has version 1.
public struct StreamVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The version of a stream that does not exist.
    public static let none = StreamVersion(0)

    public let rawValue: Int64

    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public static func + (version: Self, events: Int) -> Self { Self(version.rawValue + Int64(events)) }

    public var next: Self { self + 1 }
    public var description: String { String(rawValue) }
}
