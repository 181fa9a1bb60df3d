import EventLog
import EventModel
import Synchronization

/// The one partition that most tests use.
let partition = TopicPartition("ordering", Partition(0))

extension LogProducer {
    /// Appends one record and waits for its report.
    func append(_ value: [UInt8], to partition: TopicPartition = partition) async throws(LogError) -> Offset {
        let result: Result<Offset, LogError> = await withCheckedContinuation { continuation in
            append(LogRecord(key: [1], value: value[...]), to: partition) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

/// Collects reports in the order they come.
final class Reports: Sendable {
    private let state = Mutex<[Result<Offset, LogError>]>([])

    var all: [Result<Offset, LogError>] { state.withLock { $0 } }
    var offsets: [Offset] { all.compactMap { try? $0.get() } }
    var failures: [LogError] { all.compactMap { if case .failure(let error) = $0 { error } else { nil } } }

    func add(_ result: Result<Offset, LogError>) { state.withLock { $0.append(result) } }
}

/// Each look at it is a microsecond later.
final class CountingClock: Sendable {
    private let ticks = Atomic<Int64>(0)

    var now: @Sendable () -> Timestamp {
        { Timestamp(microseconds: self.ticks.wrappingAdd(1, ordering: .relaxed).newValue) }
    }
}
