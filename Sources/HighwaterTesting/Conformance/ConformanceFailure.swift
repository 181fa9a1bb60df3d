/// A law that an adapter breaks, and how.
public struct ConformanceFailure: Error, Hashable, CustomStringConvertible {
    public let law: String
    public let explanation: String

    public init(law: String, explanation: String) {
        self.law = law
        self.explanation = explanation
    }

    public var description: String { "the log breaks the law '\(law)': \(explanation)" }
}
