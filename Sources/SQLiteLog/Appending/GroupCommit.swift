import EventLog
import EventModel
import GRDB
import Synchronization

/// The loop that stores: takes everything that waits, inserts it in one transaction, reports it in order, and starts again while more has
/// come. It runs on the writing connection's queue, and not at all while nothing waits.
final class GroupCommit: Sendable {
    private struct State {
        var waiting: [QueuedItem] = []
        var bytes = 0
        var isRunning = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let storage: Storage
    private let maximumQueuedBytes: Int
    private let now: @Sendable () -> Timestamp
    /// Called after each commit with what it stored.
    private let onCommit: @Sendable ([PartitionKey: [LogEntry]]) -> Void

    init(
        storage: Storage, maximumQueuedBytes: Int, now: @escaping @Sendable () -> Timestamp,
        onCommit: @escaping @Sendable ([PartitionKey: [LogEntry]]) -> Void
    ) {
        self.storage = storage
        self.maximumQueuedBytes = maximumQueuedBytes
        self.now = now
        self.onCommit = onCommit
    }

    /// Never blocks. Once closed, and for what does not fit the queue, the item is reported as refused.
    func enqueue(_ item: QueuedItem) {
        enum Next { case nothing, run, report(QueuedItem) }
        let next: Next = state.withLock { state in
            let item = admit(item, state)
            if state.isClosed && !state.isRunning { return .report(item) }
            state.waiting.append(item)
            state.bytes += item.bytes
            guard !state.isRunning else { return .nothing }
            state.isRunning = true
            return .run
        }
        switch next {
        case .nothing: break
        case .run: schedule()
        case .report(.refused(let error, let report)): report(.failure(error))
        case .report(.fence(let continuation)): continuation.resume()
        case .report(.append): break  // `admit` has refused it
        }
    }

    /// Returns once everything enqueued before has been reported.
    func settle() async {
        await withCheckedContinuation { enqueue(.fence($0)) }
    }

    /// Stores and reports what waits, and refuses what comes later.
    func close() async {
        state.withLock { $0.isClosed = true }
        await settle()
    }

    private func admit(_ item: QueuedItem, _ state: State) -> QueuedItem {
        guard case .append(let append) = item else { return item }
        if state.isClosed { return .refused(storage.closedError("append to \(append.partition)"), append.report) }
        guard state.bytes == 0 || state.bytes + item.bytes <= maximumQueuedBytes else {
            return .refused(
                LogError(
                    .unavailable,
                    "cannot append to \(append.partition): \(state.bytes) bytes wait to be stored already; send it again, and more slowly"),
                append.report)
        }
        return item
    }

    private func schedule() {
        storage.enqueue { [self] db in
            runOnce(db)
            let hasMore = state.withLock { state in
                state.isRunning = !state.waiting.isEmpty
                return state.isRunning
            }
            // A turn at a time, so that others (a new topic) get theirs.
            if hasMore { schedule() }
        }
    }

    private func runOnce(_ db: Database) {
        let items = state.withLock { state in
            var items: [QueuedItem] = []
            items.reserveCapacity(state.waiting.count)
            swap(&items, &state.waiting)
            state.bytes = 0
            return items
        }
        var transaction = AppendTransaction(storage, at: now())
        let outcomes = transaction.run(items, db)
        if !transaction.stored.isEmpty { onCommit(transaction.stored) }
        for (item, outcome) in zip(items, outcomes) {
            switch item {
            case .append(let append): append.report(outcome)
            case .refused(let error, let report): report(.failure(error))
            case .fence(let continuation): continuation.resume()
            }
        }
    }
}
