import EventLog
import EventModel

extension LogProducer {
    /// Appends one record and waits for its report.
    func append(_ value: [UInt8], to partition: TopicPartition) async throws(LogError) -> Offset {
        let result: Result<Offset, LogError> = await withCheckedContinuation { continuation in
            append(LogRecord(key: [1], value: value[...]), to: partition) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Appends records in flight together, and waits for all reports.
    func appendAll(_ values: [[UInt8]], to partition: TopicPartition) async -> [Result<Offset, LogError>] {
        let reports = AsyncStream.makeStream(of: Result<Offset, LogError>.self)
        for value in values {
            append(LogRecord(key: [1], value: value[...]), to: partition) { reports.continuation.yield($0) }
        }
        var results: [Result<Offset, LogError>] = []
        var iterator = reports.stream.makeAsyncIterator()
        while results.count < values.count, let result = await iterator.next() { results.append(result) }
        return results
    }
}
