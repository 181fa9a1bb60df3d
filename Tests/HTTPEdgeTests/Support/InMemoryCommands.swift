import EventLog
import EventModel
import Synchronization

@testable import WriteModel

/// A command service over an array: decides one command at a time on the fold of everything before it.
final class InMemoryCommands: CommandService {
    private struct Commit {
        let id: CommandID
        let digest: CommandDigest
        let receipt: CommitReceipt
    }

    private struct Contents {
        var events: [StreamID: [StoredEvent]] = [:]
        var commits: [StreamID: [Commit]] = [:]
        var received: [Command] = []
        var timeouts: [Duration?] = []
        var positions: [LogPosition] = []
        var waits: [Duration] = []
        var reads = 0
        var beforeReads: (@Sendable (InMemoryCommands) -> Void)?
        var nextOffset: Int64 = 0
        var scripted: CommandOutcome?
        var fault: (any Error & Sendable)?
        var prospect: OwnerProspect?
    }

    let context: BoundedContext
    let instance: String
    let owners: (any OwnerDirectory)?
    private let contents = Mutex(Contents())
    /// Runs before each command is decided.
    private let before: @Sendable () async -> Void
    /// Runs before each answer that it has caught up.
    private let beforeCaughtUp: @Sendable () async -> Void

    init(
        _ topic: Topic = "banking", categories: [WriteModel.Category] = [Account.category()],
        instance: String = "test", owners: (any OwnerDirectory)? = nil, before: @escaping @Sendable () async -> Void = {},
        beforeCaughtUp: @escaping @Sendable () async -> Void = {}
    ) {
        self.instance = instance
        self.owners = owners
        context = BoundedContext(topic, categories: categories)
        self.before = before
        self.beforeCaughtUp = beforeCaughtUp
    }

    /// Every command that has come so far.
    var received: [Command] { contents.withLock { $0.received } }
    /// How long each was to take.
    var timeouts: [Duration?] { contents.withLock { $0.timeouts } }
    /// What was asked to be caught up with.
    var positions: [LogPosition] { contents.withLock { $0.positions } }
    /// How long each was to be waited for.
    var waits: [Duration] { contents.withLock { $0.waits } }
    /// How many records there are.
    var records: Int { contents.withLock { Int($0.nextOffset) } }

    /// From now on answers every command so, having done nothing; nil: decides them again.
    func answerAlways(_ outcome: CommandOutcome?) { contents.withLock { $0.scripted = outcome } }
    /// From now on says so of a partition that nobody writes.
    func expect(_ prospect: OwnerProspect) { contents.withLock { $0.prospect = prospect } }
    /// From now on fails every read so.
    func failReads(_ error: HistoryError) { contents.withLock { $0.fault = error } }

    /// How often events have been read, the reading under way included.
    var reads: Int { contents.withLock { $0.reads } }
    /// From now on runs before events are read.
    func beforeReads(_ action: @escaping @Sendable (InMemoryCommands) -> Void) { contents.withLock { $0.beforeReads = action } }

    /// Puts an event there that nobody decided.
    func store(_ event: EncodedEvent, on stream: StreamID, at position: LogPosition = LogPosition(banking, Offset(0))) {
        contents.withLock { contents in
            contents.events[stream, default: []].append(
                StoredEvent(
                    id: EventID(stream: stream, version: StreamVersion(Int64(contents.events[stream]?.count ?? 0) + 1)), event: event,
                    metadata: EventMetadata(commandID: CommandID(trusted: "x"), at: Timestamp(microseconds: 0)),
                    position: position))
        }
    }

    var partitionCount: Int? { 8 }
    func partition(of stream: StreamID) -> TopicPartition? { TopicPartition(context.topic, Partition(0)) }
    func reasonNotOwner(of stream: StreamID) async -> String? { nil }
    func prospect(of stream: StreamID) async -> OwnerProspect? { contents.withLock { $0.prospect } }

    func execute(_ command: Command, timeout: Duration?) async -> CommandOutcome {
        await before()
        return contents.withLock { contents in
            contents.received.append(command)
            contents.timeouts.append(timeout)
            if let scripted = contents.scripted { return scripted }
            if let earlier = contents.commits[command.stream]?.first(where: { $0.id == command.id }) {
                guard earlier.digest == command.payload.digest else { return .idempotencyKeyReused }
                let first = earlier.receipt
                return .committed(
                    CommitReceipt(
                        stream: first.stream, firstVersion: first.firstVersion, position: first.position, events: first.events,
                        isReplay: true))
            }
            let stored = contents.events[command.stream] ?? []
            let version = StreamVersion(Int64(stored.count))
            guard command.expected.admits(version) else { return .conflict(expected: command.expected, actual: version) }
            guard let decider = context.category(of: command.stream)?.decider,
                let state = try? decider.evolve(decider.initial, stored.map(\.event))
            else { return .unavailable("the stream cannot be read") }
            switch command.payload.decide(state) {
            case .refused(let refusal): return .refused(refusal, version: version)
            case .events(let events, _):
                guard !events.isEmpty else { return .unchanged(version: version, position: accountedPosition(contents)) }
                let position = LogPosition(TopicPartition(context.topic, Partition(0)), Offset(contents.nextOffset))
                let metadata = EventMetadata(
                    commandID: command.id, correlationID: command.correlationID, causationID: command.causationID, actor: command.actor,
                    at: Timestamp(microseconds: 1_767_323_045_250_000 + contents.nextOffset), traceparent: command.traceparent)
                contents.nextOffset += 1
                let receipt = CommitReceipt(
                    stream: command.stream, firstVersion: version.next, position: position, events: events, isReplay: false)
                for (index, event) in events.enumerated() {
                    contents.events[command.stream, default: []].append(
                        StoredEvent(
                            id: EventID(stream: command.stream, version: version.next + index), event: event, metadata: metadata,
                            position: position))
                }
                contents.commits[command.stream, default: []].append(
                    Commit(id: command.id, digest: command.payload.digest, receipt: receipt))
                return .committed(receipt)
            }
        }
    }

    func catchUp(to position: LogPosition, timeout: Duration) async throws(HistoryError) {
        try check()
        let isThere = contents.withLock { contents in
            contents.positions.append(position)
            contents.waits.append(timeout)
            return position.offset.rawValue < contents.nextOffset
        }
        await beforeCaughtUp()
        guard isThere else { throw HistoryError(.unavailable, "\(position) has not been reached yet") }
    }

    func accountedPosition(of stream: StreamID) async throws(HistoryError) -> LogPosition {
        try check()
        return contents.withLock { accountedPosition($0) }
    }

    private func accountedPosition(_ contents: borrowing Contents) -> LogPosition {
        LogPosition(TopicPartition(context.topic, Partition(0)), Offset(max(0, contents.nextOffset - 1)))
    }

    func events(of stream: StreamID, from version: StreamVersion, limit: Int) async throws(HistoryError) -> [StoredEvent] {
        try check()
        let before = contents.withLock { contents in
            contents.reads += 1
            return contents.beforeReads
        }
        before?(self)
        return contents.withLock { Array(($0.events[stream] ?? []).drop { $0.id.version < version }.prefix(limit)) }
    }

    func state(of stream: StreamID, at version: StreamVersion?) async throws(HistoryError) -> StateSnapshot? {
        try check()
        let stored = contents.withLock { $0.events[stream] ?? [] }
        let count = version.map { Int($0.rawValue) } ?? stored.count
        guard count > 0, count <= stored.count, let decider = context.category(of: stream)?.decider else { return nil }
        let json: String
        do {
            json = try decider.json(decider.evolve(decider.initial, stored.prefix(count).map(\.event)))
        } catch {
            throw HistoryError(.unreadable, "\(error)")
        }
        return StateSnapshot(version: StreamVersion(Int64(count)), json: json, position: stored[count - 1].position)
    }

    private func check() throws(HistoryError) {
        if let fault = contents.withLock({ $0.fault }) as? HistoryError { throw fault }
    }
}
