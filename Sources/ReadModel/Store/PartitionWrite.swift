public import EventLog

/// What a batch of records changed in the rows that one partition keeps.
public struct PartitionWrite: Sendable {
    public let partition: Partition
    public let expected: ChainPosition
    public let new: ChainPosition
    /// Each key once.
    public let upserts: [StoredRow]
    public let deletes: [String]

    public init(
        partition: Partition, expected: ChainPosition, new: ChainPosition, upserts: [StoredRow], deletes: [String] = []
    ) {
        self.partition = partition
        self.expected = expected
        self.new = new
        self.upserts = upserts
        self.deletes = deletes
    }
}
