import EventModel
import Synchronization

/// One partition's entries and the readers that wait at its end.
final class InMemoryPartition: Sendable {
    private struct State {
        var entries: [LogEntry] = []
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextTicket = 0
        /// Tickets cancelled before they came to wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var end: Offset { state.withLock { Offset(Int64($0.entries.count)) } }

    func append(_ record: LogRecord, at now: Timestamp) -> Offset {
        let (offset, waiting) = state.withLock { state in
            let offset = Offset(Int64(state.entries.count))
            state.entries.append(LogEntry(offset: offset, storedAt: now, key: record.key, value: record.value))
            defer { state.waiting = [:] }
            return (offset, state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
        return offset
    }

    /// As many entries from `offset` on as fit `maximumBytes`, at least one; nil at the end.
    func entries(from offset: Offset, maximumBytes: Int) -> LogBatch? {
        state.withLock { state in
            var bytes = 0
            let entries = state.entries.dropFirst(Int(offset.rawValue)).prefix { entry in
                defer { bytes += entry.key.count + entry.value.count }
                return bytes < max(1, maximumBytes)
            }
            return entries.isEmpty ? nil : LogBatch(entries: Array(entries), end: Offset(Int64(state.entries.count)))
        }
    }

    /// Returns once the partition is longer than `offset`.
    func waitForEntry(at offset: Offset) async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(ticket) != nil { return .failure(CancellationError()) }
                    if Int64(state.entries.count) > offset.rawValue { return .success(()) }
                    state.waiting[ticket] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                if let waiting = state.waiting.removeValue(forKey: ticket) { return Optional(waiting) }
                state.cancelled.insert(ticket)
                return nil
            }
            continuation?.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
    }
}

final class InMemoryReader: LogReader {
    private let partition: InMemoryPartition
    private let state: Mutex<(offset: Offset, isClosed: Bool)>

    init(_ partition: InMemoryPartition, from offset: Offset) {
        self.partition = partition
        state = Mutex((offset, false))
    }

    func next(maximumBytes: Int) async throws -> LogBatch {
        while true {
            try Task.checkCancellation()
            let (offset, isClosed) = state.withLock { $0 }
            guard !isClosed else { throw LogError(.closed, "the reader is closed") }
            if let batch = partition.entries(from: offset, maximumBytes: maximumBytes), let last = batch.entries.last {
                state.withLock { $0.offset = last.offset.next }
                return batch
            }
            try await partition.waitForEntry(at: offset)
        }
    }

    func close() async { state.withLock { $0.isClosed = true } }
}
