/// What a health check found.
public struct HealthCheckResult: Hashable, Sendable {
    public let isPassing: Bool
    /// For the operator: "3 of 8 partitions recovered".
    public let detail: String

    public static func passing(_ detail: String = "") -> Self { Self(isPassing: true, detail: detail) }
    public static func failing(_ detail: String) -> Self { Self(isPassing: false, detail: detail) }
}
