/// A law that an adapter breaks, and how.
public struct ConformanceFailure: Error, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    public init(law: String, explanation: String) { self.init("the law '\(law)' is broken: \(explanation)") }
}
