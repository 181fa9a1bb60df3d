/// A projection's read model in one store, beside the log that it is made from.
public struct ProjectionStatus: Codable, Sendable {
    public struct GenerationStatus: Codable, Sendable {
        public let number: Int
        public let version: Int
        /// `building`, `ready`, `live` or `retired`.
        public let state: Generation.State
        /// Who builds it at present.
        public let builder: String?
        /// Whether it was being built by a process that is gone: the next worker or rebuild that comes by drops it.
        public let isAbandoned: Bool
    }

    public struct PartitionStatus: Codable, Sendable {
        public let partition: Int32
        /// The last record applied; -1 before the first.
        public let offset: Int64
        /// The partition's end in the log.
        public let end: Int64
        /// Records from one to the other, void ones included.
        public let lag: Int64
    }

    public let projection: String
    /// The version that this program has.
    public let version: Int
    public let store: String
    public let generations: [GenerationStatus]
    /// Of the live generation; empty where there is none.
    public let partitions: [PartitionStatus]
    /// Records of the log that are not applied, void ones included.
    public let lagRecords: Int64
    /// How long the oldest record that is not applied has been in the log; 0 where all are.
    public let lagSeconds: Double
    /// Why the rest is not known, or what is wrong.
    public let error: String?
}

extension ProjectionStatus {
    /// Of a read model whose store cannot be opened.
    public init(unknown projection: ProjectionID, store: String, error: String) {
        self.init(
            projection: projection.name, version: projection.version, store: store, generations: [], partitions: [], lagRecords: 0,
            lagSeconds: 0, error: error)
    }
}
