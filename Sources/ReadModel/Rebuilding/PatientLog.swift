import EventLog

/// A log whose passing faults a rebuild does not see; read only.
struct PatientLog: Sendable {
    let log: any EventLog
    let patience: Patience

    func bounds(of partition: TopicPartition) async throws -> Range<Offset> {
        try await patience.run { try await log.bounds(of: partition) }
    }

    func partitions(of topic: Topic) async throws -> Int { try await patience.run { try await log.historyPartitions(of: topic) } }

    /// Whether positions are of the log that is there.
    func holds(_ positions: [Partition: ChainPosition], of topic: Topic) async throws -> Bool {
        for (partition, position) in positions {
            guard try await patience.run({ try await LogCheck(log: log, topic: topic).holds([partition: position]) }) else { return false }
        }
        return true
    }

    func cursor(of partition: TopicPartition, after position: ChainPosition) async throws -> PartitionCursor {
        try await patience.run { try await PartitionCursor(log, partition, after: position) }
    }

    /// A reader that failed goes on where it stood.
    func records(
        _ cursor: PartitionCursor, before bound: Offset, maximumBytes: Int
    ) async throws -> ArraySlice<ChainedRecord>? {
        try await patience.run { try await cursor.records(before: bound, maximumBytes: maximumBytes) }
    }
}
