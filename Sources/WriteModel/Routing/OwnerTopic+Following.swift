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
        if start >= bounds.upperBound { caughtUp() }
        do {
            while true {
                let batch = try await reader.next(maximumBytes: 1 << 20)
                try Task.checkCancellation()
                apply(batch.entries, writtenBefore: bounds.upperBound)
                if let last = batch.entries.last {
                    next = last.offset.next
                    if last.offset.next >= bounds.upperBound { caughtUp() }
                }
            }
        } catch {
            await reader.close()
            throw error
        }
    }

    /// Everything has been read that was in the topic when the reading began.
    private func caughtUp() {
        let now = environment.now()
        let isNew = state.withLock { state in
            defer { state.isCaughtUp = true }
            guard !state.isCaughtUp else { return false }
            state.noteVacancies(at: now)
            return true
        }
        if isNew { changes.advance() }
    }

    func openTopic() async throws {
        _ = try await log.ensureTopic(context.owners, TopicSettings(partitions: 1, retention: .newestPerKey))
    }

    /// - Parameter backlog: the end when the reading began. What is older may be old indeed, and is as young as the log says.
    private func apply(_ entries: [LogEntry], writtenBefore backlog: Offset) {
        let now = environment.now()
        var hasChanged = false
        var mustPublish = false
        var unreadable: [Offset] = []
        state.withLock { state in
            let departures = state.table.departures
            for entry in entries {
                guard let record = OwnerRecord(entry) else {
                    unreadable.append(entry.offset)
                    continue
                }
                if state.table.apply(record, heard: entry.offset < backlog ? min(now, entry.storedAt) : now) == .changed {
                    hasChanged = true
                }
                if case .ownership(let ownership) = record { state.repeatOwn(insteadOf: ownership.announcement) }
            }
            if state.table.forgetInstances(notHeardSince: absent(at: now)) { hasChanged = true }
            if hasChanged { state.haveChanged(since: departures, at: now) }
            mustPublish = !state.unpublished.isEmpty
        }
        for offset in unreadable {
            logger.warning("passed over an announcement that cannot be read", metadata: ["record": "\(LogPosition(place, offset))"])
        }
        if hasChanged { changes.advance() }
        if mustPublish { outgoing.advance() }
    }

    /// Says now and then that this instance is there, and notices who does not.
    func beat() async {
        while (try? await environment.clock.sleep(for: options.beat)) != nil {
            let now = environment.now()
            let hasChanged = state.withLock { state in
                let departures = state.table.departures
                if state.isPresent { state.isPresenceUnpublished = true }
                let hasForgotten = state.table.forgetInstances(notHeardSince: absent(at: now))
                if hasForgotten { state.haveChanged(since: departures, at: now) }
                return hasForgotten
            }
            if hasChanged { changes.advance() }
            outgoing.advance()
        }
    }

    private func absent(at now: Timestamp) -> Timestamp { now.advanced(by: .zero - options.absence) }
}

extension OwnerTopic.State {
    /// Says over what another's announcement has replaced that is of an earlier ownership, or of nobody who is there: compaction keeps the
    /// one that stands behind.
    fileprivate mutating func repeatOwn(insteadOf other: OwnerAnnouncement) {
        guard let own = own[other.partition], !own.isWithdrawn, own.announcement.instance != other.instance,
            table.admits(own.announcement.epoch, of: other.partition)
        else { return }
        unpublished.insert(other.partition)
    }

    /// Owners or instances are others than before.
    fileprivate mutating func haveChanged(since departures: Int, at now: Timestamp) {
        if table.departures != departures { repeatUnheard() }
        if isCaughtUp { noteVacancies(at: now) }
    }

    /// Says over what nobody would have believed before: the owner that was known is not there any more.
    fileprivate mutating func repeatUnheard() {
        for (partition, own) in own where !own.isWithdrawn {
            let known = table.ownership(of: partition)?.announcement
            guard known?.instance != own.announcement.instance, table.admits(own.announcement.epoch, of: partition) else { continue }
            unpublished.insert(partition)
        }
    }
}
