import EventLog
import EventModel
import Synchronization

/// The fold of one projection's types. The lock is held for a batch at a time and never contended.
final class TypedProjectionFold<P: Projection>: ProjectionFold {
    private struct Slot {
        let key: RowKey
        var row: P.Row?
        /// Whether the table has a row for it.
        var isStored = false
        var isChanged = false
    }

    private struct Staged {
        let slot: Int
        let event: Recorded<P.Event>
    }

    private struct State {
        var slots: [Slot] = []
        var index: [RowKey: Int] = [:]
        var staged: [Staged] = []
        var changed: [Int] = []
        /// The slots that wait for ``provide(_:)``.
        var awaited: Range<Int> = 0..<0
        /// Whether a key that is not in memory may be in the table.
        var mayBeStored: Bool
        var keyBytes = 0
        /// Sampled: bytes of text a row, beyond its fixed size.
        var sampledText = 0
        var samples = 0
    }

    private let projection: P
    private let events: EventCodec<P.Event>
    private let partition: TopicPartition
    private let share: KeyShare
    private let columns = P.Row.columns
    private let state: Mutex<State>

    /// - Parameter startsEmpty: whether the table holds none of the partition's rows, so that none need be loaded.
    init(_ projection: P, events: EventCodec<P.Event>, partition: TopicPartition, startsEmpty: Bool, share: KeyShare) {
        self.projection = projection
        self.events = events
        self.partition = partition
        self.share = share
        state = Mutex(State(mayBeStored: !startsEmpty))
    }

    func stage(_ records: ArraySlice<ChainedRecord>) -> StagedBatch {
        state.withLock { state in
            var batch = StagedBatch()
            let firstNew = state.slots.count
            state.staged.reserveCapacity(records.count)
            for record in records {
                if case .commit(let commit) = record.record {
                    let mark = state.staged.count
                    do throws(UnreadableEvent) {
                        try stage(commit, into: &state)
                    } catch {
                        state.staged.removeSubrange(mark...)
                        batch.failure = ReadModelError(
                            .unreadableEvent,
                            "projection '\(P.id.name)' stops at \(partition)@\(record.offset), stream \(commit.stream): \(error.description)"
                        )
                        break
                    }
                }
                batch.position = ChainPosition(offset: record.offset, chain: ChainRule(after: record.record))
            }
            batch.events = state.staged.count
            state.awaited = firstNew..<state.slots.count
            if state.mayBeStored { batch.missing = state.slots[firstNew...].map(\.key.text) }
            return batch
        }
    }

    private func stage(_ commit: Commit, into state: inout State) throws(UnreadableEvent) {
        var metadata: EventMetadata?
        for (index, encoded) in commit.events.enumerated() {
            guard let event = try events.decode(encoded) else { continue }
            let shared = metadata ?? commit.metadata
            metadata = shared
            let recorded = Recorded(
                stream: commit.stream, version: commit.firstVersion + index, type: encoded.type, event: event, metadata: shared)
            guard let text = projection.key(for: recorded), share.contains(text) else { continue }
            let key = RowKey(text)
            let slot: Int
            if let known = state.index[key] {
                slot = known
            } else {
                slot = state.slots.count
                state.slots.append(Slot(key: key))
                state.index[key] = slot
                state.keyBytes += text.utf8.count
            }
            state.staged.append(Staged(slot: slot, event: recorded))
        }
    }

    func provide(_ rows: [StoredRow]) throws(ReadModelError) {
        try state.withLock { (state) throws(ReadModelError) in
            for stored in rows {
                guard let slot = state.index[RowKey(stored.key)], state.awaited.contains(slot) else { continue }
                state.slots[slot].row = try typed(stored)
                state.slots[slot].isStored = true
            }
        }
    }

    func fold() {
        state.withLock { state in
            for staged in state.staged {
                projection.evolve(&state.slots[staged.slot].row, by: staged.event)
                if !state.slots[staged.slot].isChanged {
                    state.slots[staged.slot].isChanged = true
                    state.changed.append(staged.slot)
                }
            }
            sample(&state)
            state.staged.removeAll(keepingCapacity: true)
        }
    }

    func takeChanges() throws(ReadModelError) -> RowChanges {
        try state.withLock { (state) throws(ReadModelError) in
            var changes = RowChanges()
            changes.upserts.reserveCapacity(state.changed.count)
            for key in state.changed.map({ FoldedKey(state.slots[$0].key, slot: $0) }).sorted(by: { $0.precedes($1) }) {
                let slot = state.slots[key.slot]
                if let row = slot.row {
                    changes.upserts.append(try stored(row, slot.key))
                } else if slot.isStored {
                    changes.deletes.append(slot.key.text)
                }
                state.slots[key.slot].isStored = slot.row != nil
                state.slots[key.slot].isChanged = false
            }
            state.changed.removeAll(keepingCapacity: true)
            return changes
        }
    }

    var rowCount: Int { state.withLock { $0.slots.count } }

    var estimatedBytes: Int {
        state.withLock { state in
            let text = state.samples == 0 ? 0 : state.sampledText / state.samples
            // The slot, its place in the index, and the row as it is taken out.
            let row = 2 * MemoryLayout<Slot>.stride + 48 + 64 + columns.count * MemoryLayout<ColumnValue>.stride + 2 * text
            return state.slots.count * row + 2 * state.keyBytes
        }
    }

    func reset() {
        state.withLock { $0 = State(mayBeStored: true) }
    }

    func sortedByKey() -> [FoldedKey] {
        state.withLock { state in
            var keys: [FoldedKey] = []
            keys.reserveCapacity(state.slots.count)
            for (index, slot) in state.slots.enumerated() where slot.row != nil { keys.append(FoldedKey(slot.key, slot: index)) }
            keys.sort { $0.precedes($1) }
            return keys
        }
    }

    func row(at key: FoldedKey) throws(ReadModelError) -> StoredRow {
        try state.withLock { (state) throws(ReadModelError) in try stored(state.slots[key.slot].row ?? P.Row(), key.key) }
    }

    func row(forKey key: String) throws(ReadModelError) -> StoredRow? {
        try state.withLock { (state) throws(ReadModelError) in
            guard let slot = state.index[RowKey(key)], let row = state.slots[slot].row else { return nil }
            return try stored(row, state.slots[slot].key)
        }
    }

    private func stored(_ row: P.Row, _ key: RowKey) throws(ReadModelError) -> StoredRow {
        var values: [ColumnValue] = []
        values.reserveCapacity(columns.count)
        for column in columns { values.append(column.get(row)) }
        let stored = StoredRow(key: key.text, values: values)
        try stored.checkTexts(P.id, keyColumn: P.key.name, columnNames: { self.columns[$0].schema.name })
        return stored
    }

    private func typed(_ stored: StoredRow) throws(ReadModelError) -> P.Row {
        var row = P.Row()
        guard stored.values.count == columns.count else {
            throw ReadModelError(
                .unreadableEvent, "the row '\(stored.key)' of '\(P.id.name)' has \(stored.values.count) columns, not \(columns.count)")
        }
        for (column, value) in zip(columns, stored.values) {
            do throws(UnexpectedColumnValue) {
                try column.set(&row, value)
            } catch {
                throw ReadModelError(
                    .unreadableEvent,
                    "the row '\(stored.key)' of '\(P.id.name)' was changed by hand or made by another version; rebuild it with `replay`",
                    underlying: error)
            }
        }
        return row
    }

    /// Looks at some of the rows just changed, to know how large their texts are.
    private func sample(_ state: inout State) {
        guard state.samples < 4096 else { return }
        for slot in state.changed.suffix(8) {
            guard let row = state.slots[slot].row else { continue }
            state.samples += 1
            for column in columns {
                if case .text(let text) = column.get(row), text.utf8.count > 15 { state.sampledText += text.utf8.count + 32 }
            }
        }
    }
}

extension FoldedKey {
    init(_ key: RowKey, slot: Int) {
        self.init(prefix: key.prefix, key: key, slot: slot)
    }
}

extension ChainRule {
    /// What the rule knows after a valid record.
    init(after record: Record) {
        switch record {
        case .claim(let claim): self.init(epoch: claim.epoch)
        case .commit(let commit): self.init(epoch: commit.epoch, sequence: commit.sequence)
        }
    }
}
