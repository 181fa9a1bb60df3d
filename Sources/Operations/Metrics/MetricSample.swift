/// One value that a collector reports.
public struct MetricSample: Sendable {
    public let labels: [(String, String)]
    public let value: Double

    public init(_ labels: [(String, String)] = [], _ value: Double) {
        self.labels = labels
        self.value = value
    }
}
