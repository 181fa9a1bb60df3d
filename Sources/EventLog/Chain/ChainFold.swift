import EventModel

/// The chain rule over batches of entries: keeps the valid records, counts the void ones, and checks the resumed position against the
/// log. Pure; ``ChainReader`` feeds it.
public struct ChainFold: Sendable {
    public private(set) var position: ChainPosition
    private let partition: TopicPartition
    private let selection: ChainSelection
    /// The entry that a resumed fold reads first must be the one it stopped after.
    private var resumes: Bool
    /// A fold that has failed cannot go on: what it would read next is not what follows its position.
    private var failure: LogError?
    private var types = EventTypeCache()

    /// To be fed from `position`'s own offset on, or from zero at the beginning.
    public init(_ partition: TopicPartition, after position: ChainPosition, selecting selection: ChainSelection = .all) {
        self.partition = partition
        self.selection = selection
        self.position = position
        resumes = position != .beginning
    }

    /// - Throws: `truncated` and `corrupt`, from then on always: start again from ``position``.
    public mutating func admit(_ batch: LogBatch) throws(LogError) -> ChainBatch {
        if let failure { throw failure }
        do {
            return try fold(batch)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func fold(_ batch: LogBatch) throws(LogError) -> ChainBatch {
        var entries = batch.entries[...]
        if resumes, let first = entries.popFirst() {
            try check(first)
            resumes = false
        }
        var records: [ChainedRecord] = []
        let isAll = selection == .all
        if isAll { records.reserveCapacity(entries.count) }
        var voids = 0
        var claims = 0
        var commits = 0
        var chain = position.chain
        var offset = position.offset
        // By their places: an entry in a variable of its own is a copy, each with two references to count.
        for index in entries.indices {
            guard isAll || selection.contains(key: entries[index].key) else {
                let header = RecordHeader(encoded: entries[index].value)
                guard chain.admit(header) else {
                    voids += 1
                    continue
                }
                offset = entries[index].offset
                if case .claim = header { claims += 1 } else { commits += 1 }
                continue
            }
            let record: Record?
            do {
                record = try Record(encoded: entries[index].value, admittedBy: &chain, types: &types)
            } catch {
                throw LogError(.corrupt, "the record at \(partition)@\(entries[index].offset) cannot be read", underlying: error)
            }
            if let record {
                offset = entries[index].offset
                if case .claim = record { claims += 1 } else { commits += 1 }
                records.append(ChainedRecord(offset: offset, storedAt: entries[index].storedAt, record: record))
            } else {
                voids += 1
            }
        }
        position = ChainPosition(offset: offset, chain: chain)
        return ChainBatch(
            records: records, position: position, next: batch.entries.last?.offset.next ?? batch.end, end: batch.end, voids: voids,
            claims: claims, commits: commits)
    }

    private func check(_ entry: LogEntry) throws(LogError) {
        let isSame =
            switch RecordHeader(encoded: entry.value) {
            case .claim(let epoch): position.chain == ChainRule(epoch: epoch)
            case .commit(let epoch, let sequence): position.chain == ChainRule(epoch: epoch, sequence: sequence)
            case nil: false
            }
        guard entry.offset == position.offset, isSame else {
            throw LogError(
                .truncated,
                "\(partition)@\(position.offset) is not the record that was read there before (epoch \(position.chain.epoch), "
                    + "sequence \(position.chain.sequence)): the log was truncated or recreated; what was derived from it must be rebuilt "
                    + "from offset zero")
        }
    }
}
