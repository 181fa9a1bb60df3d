import EventLog
import EventModel

/// The one partition that most tests use.
let partition = TopicPartition("ordering", Partition(0))

extension EventLog {
    /// Everything that the partition holds.
    func entries(of partition: TopicPartition) async throws -> [LogEntry] {
        try await read(partition, try await bounds(of: partition))
    }
}

extension LogReader {
    /// The next `count` records' values.
    func values(_ count: Int) async throws -> [[UInt8]] {
        var values: [[UInt8]] = []
        while values.count < count { values += try await next(maximumBytes: 1 << 20).entries.map { Array($0.value) } }
        return values
    }
}

extension Result<Offset, LogError> {
    var failure: LogError? { if case .failure(let error) = self { error } else { nil } }
    var offset: Offset? { try? get() }
}
