import EventLog
import EventModel
import Logging
import Metrics
import Synchronization

/// What a runner knows of the partitions that it was not given, since its database needs them all the same.
extension ProjectionRunner {
    /// Looks at them after each assignment and now and then.
    func watch(_ assigned: AssignedPartitions) async {
        var stalled = StalledPartitions()
        while !Task.isCancelled {
            let version = assigned.current.version
            if version > 0 {
                // A fault of store or log is the session's to tell.
                try? await look(assigned, &stalled)
            }
            await withTaskGroup { group in
                group.addTask { await assigned.wait(after: version) }
                group.addTask { [self] in try? await environment.clock.sleep(for: options.watch) }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func look(_ assigned: AssignedPartitions, _ stalled: inout StalledPartitions) async throws {
        guard let live = current.withLock({ $0 }) else { return }
        // The session that begins then finds out what it means.
        if let count = try await log.partitionCount(of: topic), count != live.partitions { assigned.renew() }
        let mine = assigned.current.partitions
        var others: [Partition: RunnerStatus.PartitionProgress] = [:]
        var waiting: [Partition: ChainPosition] = [:]
        if mine.count < live.partitions {
            for (number, position) in try await store.positions(of: live) where !mine.contains(number) {
                let partition = TopicPartition(topic, number)
                let end = try await log.bounds(of: partition).upperBound
                let (lag, since) = try await log.waiting(in: partition, after: position, end: end)
                others[number] = RunnerStatus.PartitionProgress(
                    position: position, next: Offset(end.rawValue - lag), end: end, waitingSince: since)
                if lag > 0 { waiting[number] = position }
            }
        }
        update { [others] in $0.others = others }
        reportLag()
        let abandoned = stalled.look(at: waiting, patience: options.adoption, now: environment.now())
        let adopted = assigned.adopt(abandoned)
        guard !adopted.isEmpty else { return }
        logger.warning(
            "partitions that the group has given to others stand still in this database; this worker takes them as well",
            metadata: [
                "partitions": "\(adopted.sorted().map { "\($0)" }.joined(separator: " "))",
                "group": "\(store.group(of: projection.id.name))",
                "cause": "a worker has ended, or one of another database is in the group, as of a copy of this one",
            ])
    }

    /// How far the database is behind, whoever is to bring it on.
    func reportLag() {
        let status = status
        metrics.lagRecords.record(Double(status.lagRecords))
        metrics.lagSeconds.record(status.lagSeconds(at: environment.now()))
    }
}
