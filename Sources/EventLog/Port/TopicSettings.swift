/// How a topic is to be made.
public struct TopicSettings: Hashable, Sendable {
    public enum Retention: Hashable, Sendable {
        /// Every record, for ever: what the chain rule and contiguous offsets rest on.
        case forever
        /// Of each key at least the newest record: a directory, not a history. Offsets may have gaps.
        case newestPerKey
    }

    public var partitions: Int
    public var retention: Retention
    /// Copies of each partition; nil for what the log does by default. A log on one machine has one.
    public var replicas: Int?
    /// Copies that must have a record before it counts as stored. Nil for two, where there are as many and the topic is kept for ever, else for
    /// what the log does by default.
    public var minimumInSyncReplicas: Int?
    /// The bytes that the topic is to take in one record; nil for what the log takes by default.
    public var recordBytes: Int?

    public init(
        partitions: Int, retention: Retention = .forever, replicas: Int? = nil, minimumInSyncReplicas: Int? = nil, recordBytes: Int? = nil
    ) {
        self.partitions = partitions
        self.retention = retention
        self.replicas = replicas
        self.minimumInSyncReplicas = minimumInSyncReplicas
        self.recordBytes = recordBytes
    }
}
