import EventLog
import EventModel
import Logging
import Synchronization

/// A rebuild at work on one generation.
final class Building: Sendable {
    private struct State {
        var peakBytes = 0
        /// Filled and not written yet.
        var folded: [Partition: (fold: ProjectionFold, position: ChainPosition)] = [:]
        var bytes: [Partition: Int] = [:]
        var rows: Int64 = 0
    }

    private let rebuild: Rebuild
    private let generation: Generation
    private let live: Generation?
    private let tracker: ProgressTracker
    private let state = Mutex(State())

    init(_ rebuild: Rebuild, _ generation: Generation, live: Generation?, _ tracker: ProgressTracker) {
        self.rebuild = rebuild
        self.generation = generation
        self.live = live
        self.tracker = tracker
    }

    private var store: PatientStore { rebuild.store }
    private var partitions: [Partition] { Partition.all(of: generation.partitions) }

    // MARK: Filling

    /// Folds the log into the empty generation: up to where `old` stands if they are to be compared, else to the end.
    func fill(toCompareWith old: Generation?) async throws {
        let bounds = try await fillBounds(toCompareWith: old)
        tracker.update { $0.totalRecords = bounds.values.reduce(0) { $0 + $1.rawValue } }
        try await forEachConcurrently(partitions, limit: rebuild.options.parallel) { partition in
            try await self.fill(partition, before: bounds[partition] ?? .zero)
        }
        tracker.update {
            $0.phase = .load
            $0.rows = 0
        }
        try await load(state.withLock { $0.folded })
        state.withLock { $0.folded = [:] }
    }

    /// Keeps what was filled, also where this process is killed; the lease goes on.
    func markReady() async throws {
        let isKept = try await store.markReady(generation, keptBy: rebuild.builder, for: rebuild.options.lease)
        guard isKept else { throw Rebuild.fenced(generation) }
    }

    private func fillBounds(toCompareWith old: Generation?) async throws -> [Partition: Offset] {
        var bounds: [Partition: Offset] = [:]
        var stands: [Partition: ChainPosition]?
        if let old { stands = try await store.positions(of: old) }
        for partition in partitions {
            let end = try await rebuild.log.bounds(of: TopicPartition(rebuild.topic, partition)).upperBound
            bounds[partition] = stands?[partition]?.offset.next ?? end
        }
        return bounds
    }

    private func fill(_ partition: Partition, before bound: Offset) async throws {
        let topicPartition = TopicPartition(rebuild.topic, partition)
        let fold = rebuild.projection.makeFold(topicPartition, true, .all)
        var written = ChainPosition.beginning
        let cursor = try await rebuild.log.cursor(of: topicPartition, after: .beginning)
        do {
            while let records = try await rebuild.log.records(cursor, before: bound, maximumBytes: rebuild.options.batchBytes) {
                let staged = fold.stage(records)
                if let failure = staged.failure { throw failure }
                if !staged.missing.isEmpty {
                    let rows = try await store.rows(in: generation, keys: [partition: staged.missing])
                    try fold.provide(rows[partition] ?? [])
                }
                fold.fold()
                let bytes = fold.estimatedBytes
                tracker.folded(
                    partition, events: staged.events, records: records.count, lag: bound.rawValue - cursor.next.rawValue,
                    rows: fold.rowCount, bytes: bytes)
                if overBudget(partition, bytes) {
                    try await spill(partition, fold, from: &written, to: cursor.position)
                }
                await Task.yield()
                try Task.checkCancellation()
            }
        } catch {
            await cursor.close()
            throw error
        }
        await cursor.close()
        if written == .beginning {
            state.withLock { $0.folded[partition] = (fold, cursor.position) }
        } else {
            try await spill(partition, fold, from: &written, to: cursor.position)
        }
    }

    private func overBudget(_ partition: Partition, _ bytes: Int) -> Bool {
        state.withLock { state in
            state.bytes[partition] = bytes
            let total = state.bytes.values.reduce(0, +)
            state.peakBytes = max(state.peakBytes, total)
            return total > rebuild.options.memory
        }
    }

    /// Writes rows to make room: those of the largest partition that is folded already, else this one's.
    private func spill(
        _ partition: Partition, _ fold: ProjectionFold, from written: inout ChainPosition, to position: ChainPosition
    ) async throws {
        let own = fold.estimatedBytes
        let done = state.withLock { state -> (key: Partition, value: (fold: ProjectionFold, position: ChainPosition))? in
            let largest = state.folded.max { state.bytes[$0.key] ?? 0 < state.bytes[$1.key] ?? 0 }
            guard let largest, state.bytes[largest.key] ?? 0 > own else { return nil }
            state.folded[largest.key] = nil
            return largest
        }
        if let done {
            try await load([done.key: done.value])
            state.withLock { $0.bytes[done.key] = 0 }
            return
        }
        if written == position { return }
        if written == .beginning {
            try await load([partition: (fold, position)])
        } else {
            let changes = try fold.takeChanges()
            let write = PartitionWrite(
                move: PositionMove(partition: partition, expected: written, new: position), upserts: changes.upserts,
                deletes: changes.deletes)
            guard try await store.apply([write], to: generation) else { throw Rebuild.fenced(generation) }
        }
        fold.reset()
        state.withLock { $0.bytes[partition] = 0 }
        written = position
    }

    /// Writes folded partitions of which nothing is written yet, in one pass over all their keys.
    private func load(_ folded: [Partition: (fold: ProjectionFold, position: ChainPosition)]) async throws {
        let moves = folded.filter { $0.value.position != .beginning }.sorted { $0.key < $1.key }
            .map { PositionMove(partition: $0.key, expected: .beginning, new: $0.value.position) }
        guard !moves.isEmpty else { return }
        try await rebuild.extendLease(on: generation, toLoad: folded.values.reduce(0) { $0 + $1.fold.rowCount })
        let rows = { self.rows(of: folded.mapValues(\.fold)) }
        guard try await store.load(rows, moving: moves, into: generation) else { throw Rebuild.fenced(generation) }
    }

    private func rows(of folds: [Partition: ProjectionFold]) -> MergedRows {
        // A spill is no phase of its own.
        let isPhase = tracker.progress.phase == .load
        let rows = MergedRows(folds) { [tracker] count in
            if isPhase { tracker.update { $0.rows += Int64(count) } }
        }
        if isPhase {
            tracker.update {
                $0.rows = 0
                $0.totalRows = Int64(rows.count)
            }
        }
        return rows
    }

    // MARK: Completing

    /// Compares with `old`, catches up, and swaps, as far as the options say. What is not swapped in is complete, and still leased.
    func complete(comparingWith old: Generation?) async throws -> RebuildResult {
        var verification: VerificationResult?
        if let old {
            let compared = try await store.patience.run { try await compare(with: old) }
            verification = compared
            if !compared.isEqual { return result(.differs, verification: compared) }
        }
        guard rebuild.options.swap else {
            try await catchUp(toEnd: true)
            return result(.ready, verification: verification)
        }
        try await swapIn()
        return result(.swapped, verification: verification)
    }

    /// The live generation, if its rows should equal the new ones. Asked once, before filling: one that gets its first rows meanwhile is
    /// not where the new one is.
    func comparable() async throws -> Generation? {
        guard rebuild.options.verify, let live, live.schema == generation.schema, live.topic == generation.topic,
            live.partitions == generation.partitions
        else { return nil }
        let stands = try await store.positions(of: live)
        // An empty one says nothing, and to build only up to there would be to fold event by event from then on.
        guard stands.values.contains(where: { $0 != .beginning }), try await rebuild.log.holds(stands, of: rebuild.topic) else {
            return nil
        }
        return live
    }

    /// Compares with the live generation at the positions it has at some moment, to which the new one is brought exactly. A ready one was
    /// brought to the end of the log when it was made: where no worker has brought the live one there, this does.
    ///
    /// - Throws: `behind`, which may pass, where a worker is about to do so.
    private func compare(with old: Generation) async throws -> VerificationResult {
        let (mine, its) = (try await store.positions(of: generation), try await store.positions(of: old))
        if mine.contains(where: { $1.offset > its[$0]?.offset ?? Offset(-1) }) {
            try await catchUp(of: old, before: mine.mapValues(\.offset.next))
        }
        try await catchUp(to: try await store.positions(of: old))
        tracker.update {
            $0.phase = .verify
            $0.totalRows = max($0.totalRows, $0.rows)
            $0.rows = 0
        }
        let started = tracker.seconds
        return try await store.withSnapshot(of: old) { oldRows in
            try await self.catchUp(to: oldRows.positions)
            return try await self.store.withSnapshot(of: self.generation) { newRows in
                guard newRows.positions == oldRows.positions else {
                    throw ReadModelError(
                        .behind,
                        "\(old) is behind \(self.generation), with which it is to be compared: start its workers, or swap without "
                            + "comparing (--no-verify)")
                }
                let comparison = RowComparison(self.generation.schema, maximumDifferences: 100) { [tracker = self.tracker] count in
                    tracker.update { $0.rows += Int64(count) }
                }
                let found = try await comparison.compare(expected: SnapshotRows(newRows), actual: SnapshotRows(oldRows))
                return VerificationResult(
                    found, schema: self.generation.schema, store: self.store.name, generation: old.number,
                    positions: oldRows.positions, seconds: self.tracker.seconds - started)
            }
        }
    }

    /// Brings the generation live: catches up, and where workers keep being ahead, holds them for the last step.
    func swapIn() async throws {
        let isForeign: Bool
        if let live {
            isForeign = !(try await rebuild.log.holds(try await store.positions(of: live), of: rebuild.topic))
        } else {
            isForeign = false
        }
        // Far behind at first, then as near as reading and writing allow: no nearer once a pass no longer halves what there is to do.
        var pass = Int64.max
        while case let next = try await catchUp(toEnd: true), next > 1000, next < pass / 2 { pass = next }
        tracker.update { $0.phase = .swap }
        var attempt = 0
        var blocked = Backoff(base: Self.blocked.base, cap: Self.blocked.cap)
        var held: Generation?
        do {
            while true {
                try await catchUp(toEnd: true)
                do {
                    if try await store.activate(generation, evenIfBehind: isForeign || live?.partitions != generation.partitions) { break }
                } catch let error as ReadModelError where error.code == .blocked {
                    // The workers go on meanwhile, and so does this one, behind them.
                    if let held { try await store.hold(held, for: nil) }
                    (held, attempt) = (nil, 0)
                    try await waitForOthers(error, &blocked)
                    continue
                }
                guard let now = try await store.generations(of: rebuild.name).first(where: { $0.state == .live }),
                    try await store.positions(of: generation).isEmpty == false
                else { throw Rebuild.fenced(generation) }
                attempt += 1
                if attempt >= 3 {
                    held = now
                    try await store.hold(now, for: .seconds(5))
                }
                try await rebuild.environment.clock.sleep(for: .milliseconds(min(attempt, 50)))
            }
        } catch {
            if let held {
                let store = store
                await Task { try? await store.hold(held, for: nil) }.value
            }
            throw error
        }
        tracker.update { $0.waitsFor = nil }
        rebuild.logger.info(
            "a new generation is live", metadata: ["projection": "\(rebuild.projection.id)", "generation": "\(generation.number)"])
        try await dropOld()
    }

    /// Each attempt at a swap holds readers up for a moment, so the pauses between them grow.
    private static let blocked = (base: Duration.milliseconds(100), cap: Duration.seconds(10))

    private func waitForOthers(_ error: ReadModelError, _ backoff: inout Backoff) async throws {
        tracker.update { $0.waitsFor = error.message }
        // Half of it by chance, and never at once.
        let wait = backoff.next(jitter: 0.5 + rebuild.environment.jitter() / 2)
        rebuild.logger.warning("the swap waits for others", metadata: ["error": "\(error)", "wait": "\(wait)"])
        try await rebuild.environment.clock.sleep(for: wait)
    }

    /// Keeps the newest of those that were live, for rollback, unless it is empty.
    private func dropOld() async throws {
        var retired = try await store.generations(of: rebuild.name).filter { $0.state == .retired }[...]
        if let newest = retired.last, try await store.positions(of: newest).values.contains(where: { $0 != .beginning }) {
            retired.removeLast()
        }
        for old in retired { try await store.drop(old) }
    }

    @discardableResult
    private func catchUp(toEnd: Bool) async throws -> Int64 {
        var bounds: [Partition: Offset] = [:]
        for partition in partitions {
            bounds[partition] = try await rebuild.log.bounds(of: TopicPartition(rebuild.topic, partition)).upperBound
        }
        return try await catchUp(of: generation, before: bounds)
    }

    private func catchUp(to positions: [Partition: ChainPosition]) async throws {
        try await catchUp(of: generation, before: positions.mapValues(\.offset.next))
    }

    /// Folds and applies what lies between a generation's positions and the bounds; tells how many records that were. Of the live one, what a
    /// worker applies meanwhile is left to the worker.
    @discardableResult
    private func catchUp(of target: Generation, before bounds: [Partition: Offset]) async throws -> Int64 {
        let stands = try await store.positions(of: target)
        guard !stands.isEmpty else { throw Rebuild.fenced(target) }
        let behind = stands.filter { $0.value.offset.next < bounds[$0.key] ?? .zero }
        if !behind.isEmpty, tracker.progress.phase != .verify, tracker.progress.phase != .swap { tracker.update { $0.phase = .catchUp } }
        let count = Atomic<Int64>(0)
        try await forEachConcurrently(Array(behind), limit: rebuild.options.parallel) { partition, position in
            let done = try await self.catchUp(partition, of: target, from: position, before: bounds[partition] ?? .zero)
            count.add(done, ordering: .relaxed)
        }
        return count.load(ordering: .relaxed)
    }

    private func catchUp(
        _ partition: Partition, of target: Generation, from position: ChainPosition, before bound: Offset
    ) async throws -> Int64 {
        let topicPartition = TopicPartition(rebuild.topic, partition)
        let fold = rebuild.projection.makeFold(topicPartition, position == .beginning, .all)
        let folder = BatchFolder(store: store, generation: target)
        let cursor = try await rebuild.log.cursor(of: topicPartition, after: position)
        var written = position
        var count: Int64 = 0
        do {
            while let records = try await rebuild.log.records(cursor, before: bound, maximumBytes: rebuild.options.batchBytes) {
                guard !records.isEmpty else { continue }
                let outcome = try await folder.fold([.init(partition: partition, fold: fold, expected: written, records: records)])
                if let failure = outcome.failed[partition] ?? outcome.unreadable[partition] { throw failure }
                guard try await store.apply(outcome.writes, to: target) else {
                    if target.number == generation.number { throw Rebuild.fenced(target) }
                    break
                }
                written = cursor.position
                count += Int64(records.count)
                if fold.estimatedBytes > rebuild.options.memory / max(1, generation.partitions) { fold.reset() }
                tracker.folded(
                    partition, events: outcome.events[partition] ?? 0, records: records.count,
                    lag: bound.rawValue - cursor.next.rawValue, rows: 0, bytes: fold.estimatedBytes)
            }
        } catch {
            await cursor.close()
            throw error
        }
        await cursor.close()
        return count
    }

    func result(_ outcome: RebuildResult.Outcome, verification: VerificationResult?) -> RebuildResult {
        let progress = tracker.progress
        let seconds = tracker.seconds
        return RebuildResult(
            projection: rebuild.name, version: rebuild.projection.id.version, store: store.name, generation: generation.number,
            previousGeneration: live?.number, outcome: outcome, verification: verification, records: progress.records,
            events: progress.events, rows: progress.rows, bytes: Int64(state.withLock { $0.peakBytes }), seconds: seconds,
            eventsPerSecond: seconds > 0 ? Double(progress.events) / seconds : 0)
    }
}
