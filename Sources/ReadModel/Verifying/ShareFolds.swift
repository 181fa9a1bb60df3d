import EventLog
import Synchronization

/// Folds of every partition in memory, of one share of the keys, brought to given positions.
final class ShareFolds: Sendable {
    private let projection: RegisteredProjection
    private let log: any EventLog
    private let topic: Topic
    private let share: KeyShare
    private let options: Verification.Options
    private let tracker: ProgressTracker
    private let state = Mutex(
        (folds: [Partition: ProjectionFold](), positions: [Partition: ChainPosition](), bytes: [Partition: Int]()))

    init(
        _ projection: RegisteredProjection, _ log: any EventLog, _ topic: Topic, _ share: KeyShare, _ options: Verification.Options,
        _ tracker: ProgressTracker
    ) {
        self.projection = projection
        self.log = log
        self.topic = topic
        self.share = share
        self.options = options
        self.tracker = tracker
    }

    var rows: MergedRows { MergedRows(state.withLock { $0.folds }) }

    /// Folds on to exactly these positions.
    ///
    /// - Parameter regardless: of the budget.
    /// - Returns: false where the budget does not suffice.
    @discardableResult
    func fold(to positions: [Partition: ChainPosition], regardless: Bool = false) async throws -> Bool {
        let isOver = Atomic(false)
        try await forEachConcurrently(Array(positions), limit: options.parallel) { partition, position in
            let from = self.state.withLock { $0.positions[partition] } ?? .beginning
            guard from.offset <= position.offset else {
                throw ReadModelError(.behind, "the live read model went back while it was verified (a rollback?): verify again")
            }
            let topicPartition = TopicPartition(self.topic, partition)
            let fold =
                self.state.withLock { $0.folds[partition] } ?? self.projection.makeFold(topicPartition, true, self.share)
            let end = try await self.log.bounds(of: topicPartition).upperBound
            guard position.offset < end else {
                throw LogError(
                    .truncated,
                    "\(topicPartition) ends at \(end) and the read model is at \(position): the log was truncated or recreated; "
                        + "rebuild with `replay \(self.projection.id.name)`")
            }
            let cursor = try await PartitionCursor(self.log, topicPartition, after: from)
            do {
                while !isOver.load(ordering: .relaxed),
                    let records = try await cursor.records(before: position.offset.next, maximumBytes: self.options.batchBytes)
                {
                    let staged = fold.stage(records)
                    if let failure = staged.failure { throw failure }
                    fold.fold()
                    let bytes = fold.estimatedBytes
                    self.tracker.folded(
                        partition, events: staged.events, records: records.count,
                        lag: position.offset.next.rawValue - cursor.next.rawValue, rows: fold.rowCount, bytes: bytes)
                    if self.isOver(partition, bytes), !regardless { isOver.store(true, ordering: .relaxed) }
                    await Task.yield()
                    try Task.checkCancellation()
                }
            } catch {
                await cursor.close()
                throw error
            }
            await cursor.close()
            guard isOver.load(ordering: .relaxed) || cursor.position == position else {
                throw LogError(
                    .truncated,
                    "\(topicPartition) has \(cursor.position) where the read model stands at \(position): the log was truncated "
                        + "or recreated; rebuild with `replay \(self.projection.id.name)`")
            }
            self.state.withLock { state in
                state.folds[partition] = fold
                state.positions[partition] = cursor.position
            }
        }
        return !isOver.load(ordering: .relaxed)
    }

    /// The number of passes has an end, beyond which the budget is exceeded.
    private func isOver(_ partition: Partition, _ bytes: Int) -> Bool {
        state.withLock { state in
            state.bytes[partition] = bytes
            return share.count < 64 && state.bytes.values.reduce(0, +) > options.memory
        }
    }
}
