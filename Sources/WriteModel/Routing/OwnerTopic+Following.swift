import EventLog
import EventModel
import Logging
import Synchronization

/// Reading what all instances announce.
extension OwnerTopic {
    var place: TopicPartition { TopicPartition(context.owners, Partition(0)) }

    func follow() async {
        var backoff = Backoff()
        var next: Offset?
        while !Task.isCancelled {
            let before = next
            do {
                try await read(from: &next)
            } catch is CancellationError {
                return
            } catch {
                if next != before { backoff.reset() }
                if (error as? LogError)?.code == .truncated { next = nil }
                logger.warning(
                    "the owners' topic cannot be read; trying again", metadata: ["topic": "\(context.owners)", "reason": "\(error)"])
                try? await environment.clock.sleep(for: backoff.next(jitter: environment.jitter()))
            }
        }
    }

    private func read(from next: inout Offset?) async throws {
        try await openTopic()
        let bounds = try await log.bounds(of: place)
        var start = next ?? bounds.lowerBound
        if start < bounds.lowerBound || start > bounds.upperBound { start = bounds.lowerBound }
        let reader = try await log.makeReader(of: place, from: start)
        do {
            while true {
                let batch = try await reader.next(maximumBytes: 1 << 20)
                try Task.checkCancellation()
                apply(batch.entries, writtenBefore: bounds.upperBound)
                if let last = batch.entries.last { next = last.offset.next }
            }
        } catch {
            await reader.close()
            throw error
        }
    }

    func openTopic() async throws {
        _ = try await log.ensureTopic(context.owners, TopicSettings(partitions: 1, retention: .newestPerKey))
    }

    /// - Parameter backlog: the end when the reading began. What is older may be old indeed, and is as young as the log says.
    private func apply(_ entries: [LogEntry], writtenBefore backlog: Offset) {
        let now = environment.now()
        var hasChanged = false
        var mustRepeat = false
        var unreadable: [Offset] = []
        state.withLock { state in
            for entry in entries {
                guard let record = OwnerRecord(entry) else {
                    unreadable.append(entry.offset)
                    continue
                }
                switch state.table.apply(record, heard: entry.offset < backlog ? min(now, entry.storedAt) : now) {
                case .nothing: break
                case .changed: hasChanged = true
                case .outdated(let partition):
                    // Compaction would keep that one and drop this instance's.
                    guard state.own[partition] != nil else { continue }
                    state.unpublished.insert(partition)
                    mustRepeat = true
                }
            }
            if state.table.forgetInstances(notHeardSince: absent(at: now)) { hasChanged = true }
        }
        for offset in unreadable {
            logger.warning("passed over an announcement that cannot be read", metadata: ["record": "\(LogPosition(place, offset))"])
        }
        if hasChanged { changes.advance() }
        if mustRepeat { outgoing.advance() }
    }

    /// Says now and then that this instance is there, and notices who does not.
    func beat() async {
        while (try? await environment.clock.sleep(for: options.beat)) != nil {
            let now = environment.now()
            let hasChanged = state.withLock { state in
                if state.isPresent { state.isPresenceUnpublished = true }
                return state.table.forgetInstances(notHeardSince: absent(at: now))
            }
            if hasChanged { changes.advance() }
            outgoing.advance()
        }
    }

    private func absent(at now: Timestamp) -> Timestamp { now.advanced(by: .zero - options.absence) }
}
