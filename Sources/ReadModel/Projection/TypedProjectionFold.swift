public import EventLog
public import EventModel
public import Synchronization

/// The fold of one projection's types. The lock is held for a batch at a time and never contended.
@usableFromInline final class TypedProjectionFold<P: Projection>: Sendable {
    @usableFromInline struct Slot {
        @usableFromInline let key: RowKey
        @usableFromInline var row: P.Row?
        /// Whether the table has a row for it.
        @usableFromInline var isStored = false
        @usableFromInline var isChanged = false
        /// Whether the table may have a row for it that has not been asked for.
        @usableFromInline let mayBeStored: Bool

        @inlinable init(key: RowKey, mayBeStored: Bool) {
            self.key = key
            self.mayBeStored = mayBeStored
        }
    }

    @usableFromInline struct Staged {
        @usableFromInline let slot: Int
        @usableFromInline let event: Recorded<P.Event>

        @inlinable init(slot: Int, event: Recorded<P.Event>) {
            self.slot = slot
            self.event = event
        }
    }

    /// What reads the events of one type; nil where the projection does not know it.
    @usableFromInline struct TypeReader {
        @usableFromInline let type: EventType
        @usableFromInline let read: EventCodec<P.Event>.Reader?

        @inlinable init(type: EventType, read: EventCodec<P.Event>.Reader?) {
            self.type = type
            self.read = read
        }
    }

    @usableFromInline struct State {
        @usableFromInline var slots: [Slot] = []
        @usableFromInline var index: [RowKey: Int] = [:]
        @usableFromInline var staged: [Staged] = []
        @usableFromInline var changed: [Int] = []
        @usableFromInline var readers: [TypeReader] = []
        @usableFromInline var lastReader = 0
        /// The slots that wait for ``provide(_:)``.
        @usableFromInline var awaited: Range<Int> = 0..<0
        /// Whether a key that is not in memory may be in the table.
        @usableFromInline var mayBeStored: Bool
        @usableFromInline var keyBytes = 0
        /// Sampled: bytes of text a row, beyond its fixed size.
        @usableFromInline var sampledText = 0
        @usableFromInline var samples = 0

        @inlinable init(mayBeStored: Bool) { self.mayBeStored = mayBeStored }
    }

    @usableFromInline let projection: P
    @usableFromInline let find: @Sendable (EventType) -> EventCodec<P.Event>.Reader?
    @usableFromInline let partition: TopicPartition
    @usableFromInline let share: KeyShare
    @usableFromInline let columns = P.Row.columns
    @usableFromInline let state: Mutex<State>

    /// - Parameter startsEmpty: whether the table holds none of the partition's rows, so that none need be loaded.
    @inlinable init(
        _ projection: P, reader: @escaping @Sendable (EventType) -> EventCodec<P.Event>.Reader?, partition: TopicPartition,
        startsEmpty: Bool, share: KeyShare
    ) {
        self.projection = projection
        find = reader
        self.partition = partition
        self.share = share
        state = Mutex(State(mayBeStored: !startsEmpty))
    }

    @inlinable var erased: ProjectionFold {
        ProjectionFold(
            stage: { self.stage($0) }, provide: { (rows) throws(ReadModelError) in try self.provide(rows) }, fold: { self.fold() },
            takeChanges: { () throws(ReadModelError) in try self.takeChanges() }, reset: { self.reset() },
            sortedByKey: { self.sortedByKey() }, size: { (self.rowCount, self.estimatedBytes) },
            rowsAt: { (keys, take) throws(ReadModelError) in try self.rows(at: keys, take) })
    }

    // MARK: Folding

    @inlinable func stage(_ records: ArraySlice<ChainedRecord>) -> StagedBatch {
        state.withLock { state in
            var batch = StagedBatch()
            let firstNew = state.slots.count
            for record in records {
                if case .commit(let commit) = record.record {
                    let mark = state.staged.count
                    do throws(UnreadableEvent) {
                        if !state.mayBeStored && commit.events.count == 1 {
                            if try foldAtOnce(commit, &state) { batch.events += 1 }
                        } else {
                            try stage(commit, into: &state)
                            batch.events += state.staged.count - mark
                            // No row is awaited, so the commit can be folded while it is at hand.
                            if !state.mayBeStored { fold(&state) }
                        }
                    } catch {
                        state.staged.removeSubrange(mark...)
                        batch.failure = unreadable(commit, record.offset, error)
                        break
                    }
                }
                batch.position = ChainPosition(offset: record.offset, chain: ChainRule(after: record.record))
            }
            state.awaited = firstNew..<state.slots.count
            for slot in state.slots[firstNew...] where slot.mayBeStored { batch.missing.append(slot.key.text) }
            return batch
        }
    }

    @usableFromInline func unreadable(_ commit: Commit, _ offset: Offset, _ error: UnreadableEvent) -> ReadModelError {
        ReadModelError(
            .unreadableEvent,
            "projection '\(P.id.name)' stops at \(partition)@\(offset), stream \(commit.stream): \(error.description)")
    }

    @inlinable func stage(_ commit: Commit, into state: inout State) throws(UnreadableEvent) {
        // A new stream's rows cannot be in the table, where rows are of one stream.
        let mayBeStored = state.mayBeStored && (P.key.spread == .combined || commit.firstVersion != StreamVersion.none.next)
        var version = commit.firstVersion
        for encoded in commit.events {
            defer { version = version.next }
            guard let read = reader(of: encoded.type, &state), let event = try read(encoded) else { continue }
            let recorded = Recorded(
                stream: commit.stream, version: version, type: encoded.type, event: event, metadata: commit.metadata)
            guard let text = projection.key(for: recorded), share.contains(text) else { continue }
            state.staged.append(Staged(slot: slot(of: text, mayBeStored: mayBeStored, &state), event: recorded))
        }
    }

    /// The shorter way for a commit of one event where no row can be missing; tells whether the projection concerns itself with it.
    @inlinable func foldAtOnce(_ commit: Commit, _ state: inout State) throws(UnreadableEvent) -> Bool {
        let encoded = commit.events[0]
        guard let read = reader(of: encoded.type, &state), let event = try read(encoded) else { return false }
        let recorded = Recorded(
            stream: commit.stream, version: commit.firstVersion, type: encoded.type, event: event, metadata: commit.metadata)
        guard let text = projection.key(for: recorded), share.contains(text) else { return false }
        fold(recorded, into: slot(of: text, mayBeStored: false, &state), &state)
        return true
    }

    @inlinable func slot(of text: String, mayBeStored: Bool, _ state: inout State) -> Int {
        let key = RowKey(text)
        let next = state.slots.count
        // Looked up and entered at once: the key is hashed once.
        let slot = Self.entry(&state.index[key, default: next])
        if slot == next {
            state.slots.append(Slot(key: key, mayBeStored: mayBeStored))
            state.keyBytes += text.utf8.count
        }
        return slot
    }

    @inlinable static func entry(_ slot: inout Int) -> Int { slot }

    /// There are few types, and each is one string in a log that was read: found by comparing, not by hashing.
    @inlinable func reader(of type: EventType, _ state: inout State) -> EventCodec<P.Event>.Reader? {
        if state.lastReader < state.readers.count, state.readers[state.lastReader].type == type {
            return state.readers[state.lastReader].read
        }
        for index in state.readers.indices where state.readers[index].type == type {
            state.lastReader = index
            return state.readers[index].read
        }
        let read = find(type)
        if state.readers.count < 64 { state.readers.append(TypeReader(type: type, read: read)) }
        return read
    }

    @inlinable func provide(_ rows: [StoredRow]) throws(ReadModelError) {
        try state.withLock { (state) throws(ReadModelError) in
            for stored in rows {
                guard let slot = state.index[RowKey(stored.key)], state.awaited.contains(slot) else { continue }
                state.slots[slot].row = try typed(stored)
                state.slots[slot].isStored = true
            }
        }
    }

    @inlinable func fold() {
        state.withLock { state in
            fold(&state)
            sample(&state)
        }
    }

    @inlinable func fold(_ state: inout State) {
        for staged in state.staged { fold(staged.event, into: staged.slot, &state) }
        state.staged.removeAll(keepingCapacity: true)
    }

    @inlinable func fold(_ event: Recorded<P.Event>, into slot: Int, _ state: inout State) {
        projection.evolve(&state.slots[slot].row, by: event)
        if !state.slots[slot].isChanged {
            state.slots[slot].isChanged = true
            state.changed.append(slot)
        }
    }

    // MARK: Rows

    @inlinable func takeChanges() throws(ReadModelError) -> RowChanges {
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

    @inlinable var rowCount: Int { state.withLock { $0.slots.count } }

    @inlinable var estimatedBytes: Int {
        state.withLock { state in
            let text = state.samples == 0 ? 0 : state.sampledText / state.samples
            // The slot, its place in the index, and the row as it is taken out.
            let row = 2 * MemoryLayout<Slot>.stride + 48 + 64 + columns.count * MemoryLayout<ColumnValue>.stride + 2 * text
            return state.slots.count * row + 2 * state.keyBytes
        }
    }

    @inlinable func reset() {
        state.withLock { $0 = State(mayBeStored: true) }
    }

    @inlinable func sortedByKey() -> [FoldedKey] {
        state.withLock { state in
            var keys: [FoldedKey] = []
            keys.reserveCapacity(state.slots.count)
            for index in state.slots.indices where state.slots[index].row != nil {
                keys.append(FoldedKey(state.slots[index].key, slot: index))
            }
            keys.sort { $0.precedes($1) }
            return keys
        }
    }

    @inlinable func rows(at keys: ArraySlice<FoldedKey>, _ take: (StoredRow) -> Void) throws(ReadModelError) {
        try state.withLock { (state) throws(ReadModelError) in
            for key in keys { take(try stored(state.slots[key.slot].row ?? P.Row(), key.key)) }
        }
    }

    @inlinable func stored(_ row: P.Row, _ key: RowKey) throws(ReadModelError) -> StoredRow {
        var values: [ColumnValue] = []
        values.reserveCapacity(columns.count)
        for column in columns { values.append(column.get(row)) }
        let stored = StoredRow(key: key.text, values: values)
        try stored.checkTexts(P.id, keyColumn: P.key.name, columnNames: { self.columns[$0].schema.name })
        return stored
    }

    @inlinable func typed(_ stored: StoredRow) throws(ReadModelError) -> P.Row {
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
    @inlinable func sample(_ state: inout State) {
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

extension ChainRule {
    /// What the rule knows after a valid record.
    @inlinable init(after record: Record) {
        switch record {
        case .claim(let claim): self.init(epoch: claim.epoch)
        case .commit(let commit): self.init(epoch: commit.epoch, sequence: commit.sequence)
        }
    }
}
