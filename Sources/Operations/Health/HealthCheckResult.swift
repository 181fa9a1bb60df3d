/// What a health check found.
public struct HealthCheckResult: Hashable, Sendable {
    public let isPassing: Bool
    /// Whether the instance itself is at fault, and not what it waits for: it should get no requests at all, since another instance, or this
    /// one started again, answers them.
    public let isUnfit: Bool
    /// For the operator: "3 of 8 partitions recovered".
    public let detail: String

    public static func passing(_ detail: String = "") -> Self { Self(isPassing: true, isUnfit: false, detail: detail) }
    public static func failing(_ detail: String) -> Self { Self(isPassing: false, isUnfit: false, detail: detail) }
    public static func unfit(_ detail: String) -> Self { Self(isPassing: false, isUnfit: true, detail: detail) }
}
