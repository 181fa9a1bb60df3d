import EventLog
import EventModel

extension EventLog {
    /// How many records wait behind a position, and since when the first has; trailing void records wait for nothing.
    func waiting(
        in partition: TopicPartition, after position: ChainPosition, end: Offset
    ) async throws -> (records: Int64, since: Timestamp?) {
        let lag = end.rawValue - position.offset.next.rawValue
        guard lag > 0 else { return (0, nil) }
        let from = max(.zero, position.offset)
        let entries = try await read(partition, from..<min(end, from + 256))
        var fold = ChainFold(partition, after: position)
        let batch = try fold.admit(LogBatch(entries: entries, end: end))
        if batch.records.isEmpty && batch.next >= end { return (0, nil) }
        return (lag, batch.records.first?.storedAt)
    }
}
