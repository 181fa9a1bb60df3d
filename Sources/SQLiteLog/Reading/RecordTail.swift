import EventLog
import Synchronization

/// The newest records that this log has appended, kept in memory for the readers that have come to a partition's end: what several of them
/// wait for is not read from the file once for each.
///
/// Only what is on disk already comes in, in the order of the file. A partition that nobody follows keeps nothing.
final class RecordTail: Sendable {
    fileprivate struct Run {
        var followers = 0
        /// Consecutive. Another process's append in between begins a new run.
        var entries: [LogEntry] = []
        var bytes = 0
    }

    private let runs = Mutex<[PartitionKey: Run]>([:])
    /// Per partition.
    private let maximumBytes: Int

    init(maximumBytes: Int = 256 << 10) { self.maximumBytes = maximumBytes }

    func follow(_ key: PartitionKey) { runs.withLock { $0[key, default: Run()].followers += 1 } }

    func unfollow(_ key: PartitionKey) {
        runs.withLock { runs in
            guard let followers = runs[key]?.followers else { return }
            if followers > 1 { runs[key]?.followers = followers - 1 } else { runs[key] = nil }
        }
    }

    var followed: [PartitionKey] { runs.withLock { Array($0.keys) } }

    /// Takes records that have just been committed.
    func add(_ stored: [PartitionKey: [LogEntry]]) {
        runs.withLock { runs in
            for (key, entries) in stored {
                guard let first = entries.first, runs[key] != nil else { continue }
                if let last = runs[key]?.entries.last, last.offset.next != first.offset {
                    runs[key]?.entries = []
                    runs[key]?.bytes = 0
                }
                runs[key]?.entries += entries
                runs[key]?.bytes += entries.reduce(0) { $0 + $1.size }
                if let bytes = runs[key]?.bytes, bytes > 2 * maximumBytes { runs[key]?.trim(to: maximumBytes) }
            }
        }
    }

    /// The records from `offset` on that fit `maximumBytes`, at least one; nil where the first of them is not here.
    func batch(of key: PartitionKey, from offset: Offset, maximumBytes: Int) -> LogBatch? {
        runs.withLock { runs in
            guard let entries = runs[key]?.entries, let first = entries.first, let last = entries.last,
                offset >= first.offset, offset <= last.offset
            else { return nil }
            let start = Int(offset.rawValue - first.offset.rawValue)
            var end = start + 1
            var bytes = entries[start].size
            while end < entries.count, bytes + entries[end].size <= maximumBytes {
                bytes += entries[end].size
                end += 1
            }
            return LogBatch(entries: Array(entries[start..<end]), end: last.offset.next)
        }
    }
}

extension RecordTail.Run {
    fileprivate mutating func trim(to maximumBytes: Int) {
        var dropped = 0
        while bytes > maximumBytes, dropped < entries.count {
            bytes -= entries[dropped].size
            dropped += 1
        }
        entries.removeFirst(dropped)
    }
}

extension LogEntry {
    fileprivate var size: Int { key.count + value.count }
}
