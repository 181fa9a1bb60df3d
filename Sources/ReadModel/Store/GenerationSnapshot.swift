public import EventLog

/// A generation as it was at one moment.
public protocol GenerationSnapshot: Sendable {
    var positions: [Partition: ChainPosition] { get }

    /// The next rows in order of key and then partition, at most `limit`; empty after the last.
    func rows(after last: PartitionRow?, limit: Int) async throws -> [PartitionRow]
}
