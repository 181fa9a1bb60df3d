import EventLog
import Synchronization

final class SQLiteReader: LogReader {
    private let storage: Storage
    private let arrivals: Arrivals
    /// Kept so that the watch lives as long as somebody may wait.
    private let foreign: ForeignCommits
    private let partition: TopicPartition
    private let key: PartitionKey
    private let state: Mutex<(next: Offset, isClosed: Bool)>

    init(
        storage: Storage, arrivals: Arrivals, foreign: ForeignCommits, partition: TopicPartition, key: PartitionKey, from offset: Offset
    ) {
        self.storage = storage
        self.arrivals = arrivals
        self.foreign = foreign
        self.partition = partition
        self.key = key
        state = Mutex((offset, false))
    }

    func next(maximumBytes: Int) async throws -> LogBatch {
        while true {
            try Task.checkCancellation()
            let (offset, isClosed) = state.withLock { $0 }
            guard !isClosed else { throw LogError(.closed, "cannot read \(partition): the reader is closed") }
            let token = arrivals.token
            let batch = try await storage.read("read \(self.partition)@\(offset)") { [partition, key] db in
                try RecordQuery.batch(of: partition, key, from: offset, maximumBytes: maximumBytes, in: db)
            }
            if let batch, let last = batch.entries.last {
                state.withLock { $0.next = last.offset.next }
                return batch
            }
            try await arrivals.wait(for: key, at: offset, since: token)
        }
    }

    func close() async { state.withLock { $0.isClosed = true } }
}
