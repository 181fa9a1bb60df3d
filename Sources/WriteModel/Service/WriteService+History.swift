public import EventLog
public import EventModel
import Logging

/// A stream's own history, read from the log by offset.
extension WriteService {
    public func catchUp(to position: LogPosition, timeout: Duration) async throws(HistoryError) {
        guard let owner = owner(of: position.partition) else { throw HistoryError(.unavailable, "the log cannot be reached yet") }
        let isReached: Bool
        do {
            isReached = try await owner.catchUp(to: position.offset, timeout: timeout)
        } catch {
            throw unavailable("the end of \(position.partition) cannot be found", error)
        }
        try await checkReadable(owner, through: position.offset)
        guard isReached else { throw HistoryError(.unavailable, "\(position) has not been reached yet") }
    }

    public func accountedPosition(of stream: StreamID) async throws(HistoryError) -> LogPosition {
        let owner = try await readableOwner(of: stream)
        guard let position = await owner.accountedPosition else { throw await notOwner(owner) }
        return position
    }

    public func events(of stream: StreamID, from version: StreamVersion, limit: Int) async throws(HistoryError) -> [StoredEvent] {
        let owner = try await readableOwner(of: stream)
        do {
            var events: [StoredEvent] = []
            for reference in try await owner.commits(of: stream, from: version, limit: limit) where events.count < limit {
                let commit = try await readBack.commit(owner.partition, reference)
                let metadata = commit.metadata
                for (index, event) in commit.events.enumerated() where commit.firstVersion + index >= version {
                    events.append(
                        StoredEvent(
                            id: EventID(stream: stream, version: commit.firstVersion + index), event: event, metadata: metadata,
                            position: LogPosition(owner.partition, reference.offset)))
                }
            }
            return Array(events.prefix(limit))
        } catch {
            throw unavailable("the history of '\(stream)' cannot be read", error)
        }
    }

    public func state(of stream: StreamID, at version: StreamVersion?) async throws(HistoryError) -> StateSnapshot? {
        guard let decider = context.category(of: stream)?.decider else { return nil }
        let owner = try await readableOwner(of: stream)
        var state = decider.initial
        var reached = StreamVersion.none
        var position: LogPosition?
        while version.map({ reached < $0 }) ?? true {
            let missing = version.map { Int(clamping: $0.rawValue - reached.rawValue) } ?? .max
            let commits = try await commits(of: stream, owner, from: reached.next, limit: min(missing, 100))
            if commits.isEmpty { break }
            for (commit, place) in commits where version.map({ reached < $0 }) ?? true {
                let wanted = version.map { Int($0.rawValue - reached.rawValue) } ?? commit.events.count
                let events = Array(commit.events.prefix(wanted))
                do {
                    state = try decider.evolve(state, events)
                } catch {
                    throw HistoryError(.unreadable, "'\(stream)' has an event at \(place) that cannot be read: \(error)")
                }
                reached = reached + events.count
                position = place
            }
        }
        guard let position, version == nil || version == reached else { return nil }
        do {
            return StateSnapshot(version: reached, json: try decider.json(state), position: position)
        } catch {
            throw HistoryError(.unreadable, "the state of '\(stream)' at version \(reached) cannot be shown: \(error)")
        }
    }

    /// A stream's commits from `version` on, read back from the log.
    private func commits(
        of stream: StreamID, _ owner: PartitionOwner, from version: StreamVersion, limit: Int
    ) async throws(HistoryError) -> [(Commit, LogPosition)] {
        do {
            var commits: [(Commit, LogPosition)] = []
            for reference in try await owner.commits(of: stream, from: version, limit: limit) {
                commits.append((try await readBack.commit(owner.partition, reference), LogPosition(owner.partition, reference.offset)))
            }
            return commits
        } catch {
            throw unavailable("the history of '\(stream)' cannot be read", error)
        }
    }

    private func readableOwner(of stream: StreamID) async throws(HistoryError) -> PartitionOwner {
        guard let owner = await openedOwner(of: stream) else { throw HistoryError(.unavailable, "the log cannot be reached yet") }
        try await checkReadable(owner)
        return owner
    }

    private func checkReadable(_ owner: PartitionOwner, through offset: Offset? = nil) async throws(HistoryError) {
        guard await owner.isReadable(through: offset) else { throw await notOwner(owner) }
    }

    /// Operators are told of the cause.
    private func unavailable(_ what: String, _ cause: any Error) -> HistoryError {
        let reason = Reason(cause).preceded(by: what)
        logger.warning("a stream's history cannot be told", metadata: ["reason": "\(reason.full)"])
        return HistoryError(.unavailable, reason.told)
    }

    private func notOwner(_ owner: PartitionOwner) async -> HistoryError {
        if let halted = await owner.halted { return HistoryError(.unavailable, halted.told) }
        return HistoryError(.notOwner, await owner.reason?.told ?? "another instance writes \(owner.partition)")
    }
}
