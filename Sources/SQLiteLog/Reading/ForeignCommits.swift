import EventLog
import Foundation
import Logging
import Synchronization

/// Tells this log's waiting readers of appends through other connections: other processes', or another ``SQLiteLog``'s of this one.
///
/// Whoever commits touches the write-ahead log's times afterwards (a write would be noticed too early: before the commit can be seen), and
/// everyone watches those. One watch serves all readers of a log. A slow timer is the safety net.
final class ForeignCommits: Sendable {
    private enum Check { case idle, running, again }

    private let storage: Storage
    private let arrivals: Arrivals
    private let tail: RecordTail
    private let walPath: String
    private let check = Mutex(Check.idle)
    private let sources = Mutex<(watch: FileWatch?, timer: FallbackTimer?)>((nil, nil))

    init(storage: Storage, arrivals: Arrivals, tail: RecordTail, fallback: Duration, logger: Logger?) {
        self.storage = storage
        self.arrivals = arrivals
        self.tail = tail
        walPath = storage.writeAheadLog

        let queue = DispatchQueue(label: "SQLiteLog.foreign-commits")
        let notice: @Sendable () -> Void = { [weak self] in self?.look() }
        let watch = FileWatch(walPath, on: queue, notice)
        if watch == nil {
            logger?.warning(
                "other processes' appends are noticed only every \(fallback): the write-ahead log cannot be watched",
                metadata: ["path": "\(walPath)", "errno": "\(errno)"])
        }
        let timer = FallbackTimer(every: fallback, on: queue, notice)
        sources.withLock { $0 = (watch, timer) }
    }

    deinit { stop() }

    /// Tells the others of a commit of ours.
    func announce() { FileWatch.touch(walPath) }

    func stop() {
        let sources = sources.withLock { sources in
            defer { sources = (nil, nil) }
            return sources
        }
        sources.watch?.stop()
        sources.timer?.stop()
    }

    /// Looks at the ends of the partitions that are waited for or followed. One look at a time; what happens meanwhile causes one more.
    private func look() {
        let keys = disturb()
        guard !keys.isEmpty else { return }
        let starts = check.withLock { check in
            defer { check = check == .idle ? .running : .again }
            return check == .idle
        }
        if starts { Task { await lookUntilQuiet(keys) } }
    }

    private func lookUntilQuiet(_ keys: [PartitionKey]) async {
        var keys = keys
        while true {
            do {
                let ends = try await storage.read("look for new records") { [keys] db in
                    try keys.map { ($0, try RecordQuery.end(of: $0, in: db)) }
                }
                arrivals.announce(Dictionary(uniqueKeysWithValues: ends))
            } catch {
                arrivals.wakeAll()  // they meet the error themselves
            }
            let isDone = check.withLock { check in
                check = check == .again ? .running : .idle
                return check == .idle
            }
            if isDone { return }
            keys = disturb()
        }
    }

    /// A follower does not look for itself before it waits, so it is told of ends also while it is busy.
    private func disturb() -> [PartitionKey] { Array(Set(arrivals.disturb()).union(tail.followed)) }
}
