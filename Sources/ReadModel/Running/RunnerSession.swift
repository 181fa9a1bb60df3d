import EventLog
import EventModel
import Logging
import Metrics
import Synchronization

/// A runner's work on one generation and one assignment, until either changes.
final class RunnerSession: Sendable {
    enum End {
        case reassigned
        /// Somebody else moved a position, or the generation was swapped or is held; or the database was replaced by another.
        case fenced
    }

    private let runner: ProjectionRunner
    private let generation: Generation
    private let assigned: AssignedPartitions
    private let membership: any GroupMembership
    private let folder: BatchFolder
    private let applied = Atomic(false)

    init(_ runner: ProjectionRunner, _ generation: Generation, _ assigned: AssignedPartitions, _ membership: any GroupMembership) {
        self.runner = runner
        self.generation = generation
        self.assigned = assigned
        self.membership = membership
        folder = BatchFolder(store: runner.store, generation: generation)
    }

    /// Whether a batch took effect.
    var hasApplied: Bool { applied.load(ordering: .relaxed) }

    func run() async throws -> End {
        let incarnation = try await runner.store.incarnation()
        let (partitions, version) = assigned.current
        let positions = try await runner.store.positions(of: generation)
        guard !positions.isEmpty else { return .fenced }
        let mailbox = BatchMailbox()
        return try await withThrowingTaskGroup(of: End?.self) { group in
            defer { group.cancelAll() }
            var ends: [Partition: Offset] = [:]
            for partition in partitions {
                guard let position = positions[partition] else {
                    throw ReadModelError(
                        .incompatibleLayout,
                        "\(generation) has no partition \(partition): rebuild it with `replay \(runner.projection.id.name)`")
                }
                ends[partition] = try await runner.log.bounds(of: TopicPartition(runner.topic, partition)).upperBound
                group.addTask { try await self.read(partition, after: position, into: mailbox) }
            }
            group.addTask { [assigned] in
                await assigned.wait(after: version)
                mailbox.interrupt()
                return nil
            }
            if let incarnation { group.addTask { try await self.watch(incarnation) } }
            group.addTask { [ends] in try await self.foldAll(from: mailbox, positions, ends) }
            while let end = try await group.next() {
                if let end { return end }
            }
            throw CancellationError()
        }
    }

    /// Ends the session once the store's database is another one, also while no event comes.
    private func watch(_ incarnation: Int) async throws -> End {
        repeat {
            try await runner.environment.clock.sleep(for: runner.options.storeCheck)
        } while try await runner.store.incarnation() == incarnation
        return .fenced
    }

    private func read(_ partition: Partition, after position: ChainPosition, into mailbox: BatchMailbox) async throws -> End? {
        let reader = try await ChainReader(runner.log, TopicPartition(runner.topic, partition), after: position)
        do {
            while true {
                let batch = try await reader.next(maximumBytes: runner.options.batchBytes)
                try await mailbox.put(batch, of: partition)
                // At the end, what comes in the next moment shares a read and a transaction. A first record after a quiet time does not wait.
                if batch.next >= batch.end { try await runner.environment.clock.sleep(for: runner.options.gathering) }
            }
        } catch {
            await reader.close()
            throw error
        }
    }

    private func foldAll(
        from mailbox: BatchMailbox, _ positions: [Partition: ChainPosition], _ ends: [Partition: Offset]
    ) async throws -> End? {
        var lanes: [Partition: RunnerLane] = [:]
        for (partition, end) in ends {
            lanes[partition] = RunnerLane(
                runner.projection, TopicPartition(runner.topic, partition), positions[partition] ?? .beginning, end: end)
        }
        runner.update { $0.state = .running }
        report(lanes)
        runner.signal.advance(runner.projection.id.name, AppliedPositions(topic: runner.topic, positions: positions))
        while let batches = try await mailbox.take() {
            for (partition, batch) in batches {
                lanes[partition]?.receive(batch)
                runner.metrics.voids.increment(by: batch.voids)
                if batch.voids > 0 { runner.update { $0.voidRecords += batch.voids } }
            }
            while lanes.values.contains(where: { !$0.waiting.isEmpty }) {
                guard try await step(&lanes) else { return .fenced }
            }
            report(lanes)
        }
        return .reassigned
    }

    /// Folds and applies what waits; false where a position was not the expected one.
    private func step(_ lanes: inout [Partition: RunnerLane]) async throws -> Bool {
        let batches = lanes.values.filter { !$0.waiting.isEmpty }.map {
            BatchFolder.Batch(partition: $0.partition, fold: $0.fold, expected: $0.position, records: $0.waiting)
        }
        let outcome = try await folder.fold(batches)
        for (partition, error) in outcome.failed { fail(partition, error, &lanes) }
        guard try await apply(outcome.writes, outcome.events, &lanes) else { return false }
        // What stood before an unreadable record is applied now.
        for (partition, error) in outcome.unreadable {
            lanes[partition]?.failure = error
            logFailure(error, partition)
        }
        return true
    }

    private func apply(
        _ writes: [PartitionWrite], _ events: [Partition: Int], _ lanes: inout [Partition: RunnerLane]
    ) async throws -> Bool {
        guard !writes.isEmpty else { return true }
        do {
            guard try await runner.store.apply(writes, to: generation) else { return false }
        } catch let error as ReadModelError where error.code == .unsupportedValue {
            // One partition's row is at fault; the others shall go on.
            guard writes.count == 1 else {
                for write in writes {
                    guard try await apply([write], events, &lanes) else { return false }
                }
                return true
            }
            fail(writes[0].partition, error, &lanes)
            return true
        }
        applied.store(true, ordering: .relaxed)
        var positions: [Partition: ChainPosition] = [:]
        var count = 0
        for write in writes {
            positions[write.partition] = write.move.new
            count += events[write.partition] ?? 0
            lanes[write.partition]?.applied(to: write.move.new)
            if let fold = lanes[write.partition]?.fold, fold.rowCount > runner.options.cachedRows { fold.reset() }
        }
        runner.metrics.batches.increment()
        runner.metrics.events.increment(by: count)
        report(lanes)
        runner.signal.advance(runner.projection.id.name, AppliedPositions(topic: runner.topic, positions: positions))
        membership.publish(progress: lanes.mapValues(\.next))
        return true
    }

    private func fail(_ partition: Partition, _ error: ReadModelError, _ lanes: inout [Partition: RunnerLane]) {
        lanes[partition]?.fail(error, schema: runner.projection.schema, topic: runner.topic)
        if let failure = lanes[partition]?.failure { logFailure(failure, partition) }
    }

    private func logFailure(_ error: ReadModelError, _ partition: Partition) {
        runner.metrics.faults.increment()
        runner.logger.error("a partition of the projection is stopped", metadata: ["partition": "\(partition)", "error": "\(error)"])
    }

    private func report(_ lanes: [Partition: RunnerLane]) {
        let partitions = lanes.mapValues(\.progress)
        runner.update { status in
            status.partitions = partitions
            for partition in partitions.keys { status.others[partition] = nil }
        }
        runner.reportLag()
    }
}
