import EventLog
import Logging
import Synchronization

/// Writing what this instance announces.
extension OwnerTopic {
    func publish() async {
        var backoff = Backoff()
        var producer: (any LogProducer)?
        while !Task.isCancelled {
            let count = outgoing.count
            let records = takeUnpublished()
            if records.isEmpty {
                published.advance()
                await outgoing.wait(beyond: count)
                continue
            }
            do {
                let current: any LogProducer
                if let producer {
                    current = producer
                } else {
                    try await openTopic()
                    current = try await log.makeProducer()
                    producer = current
                }
                try await append(records, with: current)
                backoff.reset()
            } catch {
                putBack(records)
                logger.warning(
                    "this instance cannot announce itself; trying again", metadata: ["topic": "\(context.owners)", "reason": "\(error)"])
                await producer?.close()
                producer = nil
                try? await environment.clock.sleep(for: backoff.next(jitter: environment.jitter()))
            }
        }
        await producer?.close()
    }

    /// Takes back what nobody has taken over, and waits until that is in the topic, for a while.
    func sayFarewell() async {
        state.withLock { state in
            state.isPresent = false
            state.isPresenceUnpublished = true
            for partition in state.own.keys {
                state.own[partition]?.isWithdrawn = true
                state.unpublished.insert(partition)
            }
        }
        outgoing.advance()
        await withTaskGroup { group in
            group.addTask { await self.allPublished() }
            group.addTask { try? await self.environment.clock.sleep(for: self.options.farewell) }
            await group.next()
            group.cancelAll()
        }
    }

    private func allPublished() async {
        while !Task.isCancelled {
            let count = published.count
            let isSaid = state.withLock { $0.url == nil || !$0.isSending && !$0.isPresenceUnpublished && $0.unpublished.isEmpty }
            if isSaid { return }
            await published.wait(beyond: count)
        }
    }

    /// What is to be said and still true; nothing before it is known where this instance is reached.
    private func takeUnpublished() -> [OwnerRecord] {
        state.withLock { state in
            guard let url = state.url else { return [] }
            var records: [OwnerRecord] = []
            for partition in state.unpublished.sorted(by: { $0.partition < $1.partition }) {
                // Superseded, as it seems: this instance will find out, or the other is gone and it says so again.
                guard let own = state.own[partition], state.table.admits(own.announcement.epoch, of: partition) else { continue }
                records.append(
                    .ownership(
                        OwnerRecord.Ownership(
                            announcement: OwnerAnnouncement(
                                partition: partition, epoch: own.announcement.epoch, instance: instance, url: url, home: home),
                            successor: own.successor, isWithdrawn: own.isWithdrawn)))
            }
            if state.isPresenceUnpublished {
                records.append(state.isPresent ? .presence(instance: instance, url: url, home: home) : .absence(instance: instance))
            }
            state.unpublished = []
            state.isPresenceUnpublished = false
            state.isSending = !records.isEmpty
            return records
        }
    }

    private func putBack(_ records: [OwnerRecord]) {
        state.withLock { state in
            for record in records {
                switch record {
                case .ownership(let ownership): state.unpublished.insert(ownership.announcement.partition)
                case .presence, .absence: state.isPresenceUnpublished = true
                }
            }
        }
    }

    /// Returns once all are stored.
    private func append(_ records: [OwnerRecord], with producer: any LogProducer) async throws {
        let reports = OutstandingReports(records.count)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                reports.begin(continuation)
                for record in records { producer.append(record.encoded, to: place) { reports.add($0) } }
            }
        } onCancel: {
            Task { await producer.close() }  // calls every report that is due
        }
    }
}

/// Waits for a number of reports; the first failure ends it.
private final class OutstandingReports: Sendable {
    private let state: Mutex<(missing: Int, continuation: CheckedContinuation<Void, any Error>?)>

    init(_ count: Int) { state = Mutex((count, nil)) }

    func begin(_ continuation: CheckedContinuation<Void, any Error>) { state.withLock { $0.continuation = continuation } }

    func add(_ report: Result<Offset, LogError>) {
        let waiting: CheckedContinuation<Void, any Error>? = state.withLock { state in
            state.missing -= 1
            if case .success = report, state.missing > 0 { return nil }
            defer { state.continuation = nil }
            return state.continuation
        }
        waiting?.resume(with: report.map { _ in () }.mapError { $0 })
    }
}
