/// A part of what an instance does, which is ready or not by itself.
public struct HealthPart: Hashable, Sendable, CustomStringConvertible {
    /// As paths and reports have it: `commands`.
    public let name: String

    public init(_ name: String) { self.name = name }

    public var description: String { name }
}
