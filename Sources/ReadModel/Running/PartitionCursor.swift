import EventLog

/// Reads a partition's valid records up to a bound and not beyond, so that a fold can be brought to exactly a position. While one batch is
/// folded, the next is read. For one task at a time; close it when done.
final class PartitionCursor {
    private let reader: ChainReader
    private var ahead: Task<ChainBatch, any Error>?
    /// Read but beyond the last bound.
    private var kept: ArraySlice<ChainedRecord> = []
    private var readTo: Offset

    /// After the last record handed out.
    private(set) var position: ChainPosition
    /// The offset after the last entry seen, void ones included.
    private(set) var next: Offset
    /// The partition's end as last seen.
    private(set) var end: Offset
    private(set) var voids = 0

    init(_ log: any EventLog, _ partition: TopicPartition, after position: ChainPosition) async throws {
        reader = try await ChainReader(log, partition, after: position)
        self.position = position
        next = position.offset.next
        readTo = next
        end = next
    }

    /// The next valid records before `bound`, possibly none where all are void; nil once there is nothing before it. Waits for records that
    /// the log does not have yet.
    func records(before bound: Offset, maximumBytes: Int) async throws -> ArraySlice<ChainedRecord>? {
        guard next < bound else { return nil }
        if kept.isEmpty && readTo <= next {
            let batch = try await batch(maximumBytes)
            kept = batch.records[...]
            readTo = batch.next
            end = batch.end
            voids += batch.voids
            // Never where there may be nothing to come.
            if readTo < bound, readTo < end { readAhead(maximumBytes) }
        }
        let taken = kept.last.map({ $0.offset < bound }) ?? true ? kept : kept.prefix { $0.offset < bound }
        kept = kept.dropFirst(taken.count)
        if let last = taken.last { position = ChainPosition(offset: last.offset, chain: ChainRule(after: last.record)) }
        next = min(bound, readTo)
        return taken
    }

    private func batch(_ maximumBytes: Int) async throws -> ChainBatch {
        guard let ahead else { return try await reader.next(maximumBytes: maximumBytes) }
        self.ahead = nil
        return try await withTaskCancellationHandler {
            try await ahead.value
        } onCancel: {
            ahead.cancel()
        }
    }

    private func readAhead(_ maximumBytes: Int) {
        // While this task is, the cursor does not use the reader itself.
        nonisolated(unsafe) let reader = reader
        ahead = Task { try await reader.next(maximumBytes: maximumBytes) }
    }

    func close() async {
        if let ahead {
            ahead.cancel()
            _ = await ahead.result
        }
        ahead = nil
        await reader.close()
    }
}
