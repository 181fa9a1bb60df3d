import EventLog

/// Folds batches of several partitions into what one transaction writes: missing rows loaded in one query, each touched row once.
struct BatchFolder: Sendable {
    struct Batch {
        let partition: Partition
        let fold: ProjectionFold
        let expected: ChainPosition
        let records: ArraySlice<ChainedRecord>
    }

    struct Outcome {
        var writes: [PartitionWrite] = []
        var events: [Partition: Int] = [:]
        /// Partitions with a record that cannot be read; what stood before it is among the writes.
        var unreadable: [Partition: ReadModelError] = [:]
        /// Partitions whose rows could not be made; their folds are of no more use.
        var failed: [Partition: ReadModelError] = [:]
    }

    let store: any ReadModelStore
    let generation: Generation

    /// - Throws: faults of the store, after which the folds are of no more use.
    func fold(_ batches: [Batch]) async throws -> Outcome {
        var outcome = Outcome()
        var missing: [Partition: [String]] = [:]
        var positions: [Partition: ChainPosition] = [:]
        for batch in batches {
            let staged = batch.fold.stage(batch.records)
            if !staged.missing.isEmpty { missing[batch.partition] = staged.missing }
            positions[batch.partition] = staged.position
            outcome.unreadable[batch.partition] = staged.failure
            outcome.events[batch.partition] = staged.events
        }
        let loaded = missing.isEmpty ? [:] : try await store.rows(in: generation, keys: missing)
        for batch in batches {
            guard let position = positions[batch.partition] else { continue }
            do throws(ReadModelError) {
                try batch.fold.provide(loaded[batch.partition] ?? [])
                batch.fold.fold()
                let changes = try batch.fold.takeChanges()
                outcome.writes.append(
                    PartitionWrite(
                        move: PositionMove(partition: batch.partition, expected: batch.expected, new: position),
                        upserts: changes.upserts, deletes: changes.deletes))
            } catch {
                outcome.failed[batch.partition] = error
            }
        }
        return outcome
    }
}
