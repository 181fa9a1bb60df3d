/// A query that asks for what there is not: the caller's mistake, with the parameter named.
public struct InvalidQuery: Error, Hashable, CustomStringConvertible {
    /// `limit`, `after`, a filter's name, or `Highwater-Position`.
    public let parameter: String
    public let reason: String

    public init(parameter: String, reason: String) {
        self.parameter = parameter
        self.reason = reason
    }

    public var description: String { "\(parameter): \(reason)" }
}
