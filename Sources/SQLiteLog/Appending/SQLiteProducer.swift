import EventLog
import Synchronization

/// After a failed transaction the producer fails everything later. A record that is refused before it is queued (too large, no such
/// topic) is definitely not in the log and does not disturb the others.
final class SQLiteProducer: LogProducer {
    private struct State {
        var isClosed = false
        var failure: LogError?
    }

    private let commits: GroupCommit
    private let maximumRecordBytes: Int
    private let state = Mutex(State())

    init(commits: GroupCommit, maximumRecordBytes: Int) {
        self.commits = commits
        self.maximumRecordBytes = maximumRecordBytes
    }

    func append(
        _ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void
    ) {
        let bytes = record.key.count + record.value.count
        if state.withLock({ $0.isClosed }) {
            commits.enqueue(.refused(LogError(.closed, "cannot append to \(partition): the producer is closed"), report))
        } else if bytes > maximumRecordBytes {
            commits.enqueue(
                .refused(
                    LogError(
                        .recordTooLarge, "cannot append to \(partition): the record has \(bytes) bytes and may have \(maximumRecordBytes)"),
                    report))
        } else {
            commits.enqueue(.append(QueuedAppend(record: record, partition: partition, producer: self, report: report)))
        }
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        await commits.settle()
    }

    /// Why nothing more is stored for this producer. Read and set by the loop that commits.
    var failure: LogError? { state.withLock { $0.failure } }

    func fail(with error: LogError) {
        state.withLock { $0.failure = $0.failure ?? error }
    }
}
