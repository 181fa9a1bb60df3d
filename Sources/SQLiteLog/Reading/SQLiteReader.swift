import EventLog
import Synchronization

/// Reads the file up to the partition's end, and from then on takes what this log appends from its ``RecordTail``.
final class SQLiteReader: LogReader {
    private struct State {
        var next: Offset
        /// Has come to the end once. Since then every look for foreign commits covers the partition.
        var isFollowing = false
        var isClosed = false
    }

    private let storage: Storage
    private let arrivals: Arrivals
    private let tail: RecordTail
    /// Kept so that the watch lives as long as somebody may wait.
    private let foreign: ForeignCommits
    private let partition: TopicPartition
    private let key: PartitionKey
    private let state: Mutex<State>

    init(
        storage: Storage, arrivals: Arrivals, tail: RecordTail, foreign: ForeignCommits, partition: TopicPartition, key: PartitionKey,
        from offset: Offset
    ) {
        self.storage = storage
        self.arrivals = arrivals
        self.tail = tail
        self.foreign = foreign
        self.partition = partition
        self.key = key
        state = Mutex(State(next: offset))
    }

    deinit { unfollow() }

    func next(maximumBytes: Int) async throws -> LogBatch {
        var mayWait = true
        while true {
            try Task.checkCancellation()
            let (offset, isFollowing, isClosed) = state.withLock { ($0.next, $0.isFollowing, $0.isClosed) }
            guard !isClosed, !storage.isClosed else {
                throw isClosed
                    ? LogError(.closed, "cannot read \(partition): the reader is closed") : storage.closedError("read \(partition)")
            }
            if isFollowing {
                if let batch = tail.batch(of: key, from: offset, maximumBytes: maximumBytes) { return advance(past: batch) }
                // Whoever was woken, and finds nothing here, looks at the file.
                if mayWait {
                    try await arrivals.wait(for: key, at: offset, since: nil)
                    mayWait = false
                    continue
                }
            }
            let token = arrivals.token
            let batch = try await storage.read("read \(self.partition)@\(offset)") { [partition, key] db in
                try RecordQuery.batch(of: partition, key, from: offset, maximumBytes: maximumBytes, in: db)
            }
            if let batch { return advance(past: batch) }
            if !isFollowing { follow() }
            try await arrivals.wait(for: key, at: offset, since: token)
            mayWait = false
        }
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        unfollow()
    }

    private func advance(past batch: LogBatch) -> LogBatch {
        if let last = batch.entries.last { state.withLock { $0.next = last.offset.next } }
        return batch
    }

    private func follow() {
        let begins = state.withLock { state in
            guard !state.isFollowing, !state.isClosed else { return false }
            state.isFollowing = true
            return true
        }
        if begins { tail.follow(key) }
    }

    private func unfollow() {
        let ends = state.withLock { state in
            defer { state.isFollowing = false }
            return state.isFollowing
        }
        if ends { tail.unfollow(key) }
    }
}
