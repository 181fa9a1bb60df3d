import DequeModule
import EventLog
import EventModel

/// How commands are decided: each in its turn, on its stream's state with all that is in flight.
extension PartitionWriter {
    mutating func take(_ command: WaitingCommand, at now: Timestamp) {
        unanswered += 1
        if phase == .idle {
            answer(command, .notOwner)
        } else if context.category(of: command.command.stream) == nil {
            answer(command, .unavailable("no category '\(command.command.stream.category)' is registered; nothing happened"))
        } else if command.command.payload.category != command.command.stream.category {
            answer(
                command,
                .unavailable("a command of category '\(command.command.payload.category)' cannot go to '\(command.command.stream)'"))
        } else if let outage {
            answer(command, .unavailable(outage.explanation))
        } else if unanswered > limits.unanswered {
            answer(command, .overloaded)
        } else {
            waiting.append(command)
            decideWaiting(at: now)
        }
    }

    mutating func decideWaiting(at now: Timestamp) {
        while phase == .owning, commitsInFlight < min(limits.inFlight, window ?? .max), let command = waiting.popFirst() {
            decide(command, at: now)
        }
    }

    mutating func loaded(_ lookup: LookupID, _ stored: StoredStream?, at now: Timestamp) {
        let id = lookup.stream
        guard loading[id]?.lookup == lookup, let decider = context.category(of: id)?.decider else { return }
        do {
            streams.insert(try StreamEntry(stored, decider), for: id)
        } catch {
            lookupFailed(lookup, "the stored state of stream '\(id)' cannot be read: \(error)")
            return
        }
        requeue(loading.removeValue(forKey: id)?.waiting, at: now)
        evict()
    }

    mutating func found(_ lookup: LookupID, _ command: CommandID, _ commit: CommitReference?, at now: Timestamp) {
        let id = lookup.stream
        guard loading[id]?.lookup == lookup, var queue = loading.removeValue(forKey: id)?.waiting else { return }
        if let commit { streams.update(id) { $0.learn(commit) } }
        streams.release(id)
        for index in queue.indices where queue[index].command.id == command { queue[index].isKnownNew = commit == nil }
        requeue(queue, at: now)
    }

    mutating func lookupFailed(_ lookup: LookupID, _ reason: String) {
        guard loading[lookup.stream]?.lookup == lookup else { return }
        for command in loading.removeValue(forKey: lookup.stream)?.waiting ?? [] { answer(command, .unavailable(reason)) }
        streams.release(lookup.stream)
    }

    mutating func expire(_ ticket: Ticket) {
        if let index = waiting.firstIndex(where: { $0.ticket == ticket }) {
            answer(waiting.remove(at: index), .unavailable("the command waited too long for its turn; nothing happened"))
            return
        }
        for (id, load) in loading {
            guard let index = load.waiting.firstIndex(where: { $0.ticket == ticket }) else { continue }
            if let command = loading[id]?.waiting.remove(at: index) {
                answer(command, .unavailable("the command waited too long for its stream; nothing happened"))
            }
            return
        }
        if let index = pending.firstIndex(where: { $0.commit == nil && $0.waiting.ticket == ticket }) {
            answer(
                pending.remove(at: index).waiting,
                .unavailable("it could not be confirmed in time that this instance still writes \(partition); nothing happened"))
            return
        }
        // In flight: nobody knows yet. It stays, and so does its place among the unanswered, until it settles.
        if pending.contains(where: { $0.waiting.ticket == ticket || $0.repetitions.contains { $0.ticket == ticket } }) {
            actions.append(.answer(ticket, .unknown))
        }
    }

    private mutating func requeue(_ queue: Deque<WaitingCommand>?, at now: Timestamp) {
        for command in (queue ?? []).reversed() { waiting.prepend(command) }
        decideWaiting(at: now)
    }

    private mutating func decide(_ waiting: WaitingCommand, at now: Timestamp) {
        let command = waiting.command
        let id = command.stream
        if loading[id] != nil {
            loading[id]?.waiting.append(waiting)
            return
        }
        guard let entry = streams[id] else {
            actions.append(.load(startLookup(for: waiting)))
            return
        }
        streams.use(id)
        if let commit = entry.decided[command.id] {
            if commit.commandDigest == command.payload.digest {
                unanswered -= 1
                actions.append(.replay(waiting.ticket, id, commit))
            } else {
                answer(waiting, .idempotencyKeyReused)
            }
            return
        }
        if let sequence = entry.inFlight[command.id] {
            repeatInFlight(waiting, sequence)
            return
        }
        guard entry.knowsAllCommands || waiting.isKnownNew else {
            actions.append(.lookUp(startLookup(for: waiting), command.id))
            return
        }
        let (state, version) = entry.speculative
        guard command.expected.admits(version) else {
            answerConfirmed(waiting) { _ in .conflict(expected: command.expected, actual: version) }
            return
        }
        switch command.payload.decide(state) {
        case .refused(let refusal):
            answerConfirmed(waiting) { _ in .refused(refusal, version: version) }
        case .events([], _):
            answerConfirmed(waiting) { .unchanged(version: version, position: $0) }
        case .events(let events, let after):
            propose(waiting, events, after, version, at: now)
        }
    }

    /// The stream's commands wait from here on, until the state store has answered.
    private mutating func startLookup(for waiting: WaitingCommand) -> LookupID {
        lookups += 1
        let lookup = LookupID(number: lookups, stream: waiting.command.stream)
        loading[lookup.stream] = (lookup, [waiting])
        return lookup
    }

    private mutating func propose(
        _ waiting: WaitingCommand, _ events: [EncodedEvent], _ after: StreamState, _ version: StreamVersion, at now: Timestamp
    ) {
        let command = waiting.command
        let commit = Commit(
            epoch: epoch, sequence: lastProposed.next, stream: command.stream, firstVersion: version.next, commandID: command.id,
            commandDigest: command.payload.digest.bytes, correlationID: command.correlationID, causationID: command.causationID,
            actor: command.actor, at: now, traceparent: command.traceparent, events: events)
        let size = events.reduce(0) { $0 + $1.data.count }
        guard size <= limits.recordBytes else {
            answerConfirmed(waiting) { [limits] _ in .tooLarge(limit: limits.recordBytes) }
            return
        }
        if let most = logRecordBytes, size > most / 2, Self.recordBytes(of: commit) > most {
            answerConfirmed(waiting) { _ in .tooLarge(limit: most) }
            return
        }
        lastProposed = commit.sequence
        streams.update(command.stream) { $0.propose(command.id, commit.sequence, after, commit.lastVersion) }
        pending.append(PendingCommand(waiting: waiting, decided: .commit(commit, after: after)))
        commitsInFlight += 1
        actions.append(.append(.commit(commit), AppendID(producer: producer, content: .commit(commit.sequence))))
    }

    /// The bytes of the commit's record, key and value.
    private static func recordBytes(of commit: Commit) -> Int {
        commit.stream.description.utf8.count + Record.commit(commit).encoded.count
    }

    /// An answer that appends nothing rests on the stream's commits in flight, and on this writer's owning the partition still.
    ///
    /// - Parameter outcome: the answer, by the position that it turns out to rest on.
    private mutating func answerConfirmed(_ waiting: WaitingCommand, _ outcome: @escaping @Sendable (LogPosition) -> CommandOutcome) {
        pending.append(PendingCommand(waiting: waiting, decided: .answer(outcome, nextConfirmation())))
    }

    private mutating func repeatInFlight(_ waiting: WaitingCommand, _ sequence: CommitSequence) {
        guard let index = pending.firstIndex(where: { $0.commit?.sequence == sequence }) else { return }
        if pending[index].waiting.command.payload.digest == waiting.command.payload.digest {
            pending[index].repetitions.append(waiting)
        } else {
            // Once the commit has landed, that is true for ever.
            pending.append(PendingCommand(waiting: waiting, decided: .answer({ _ in .idempotencyKeyReused }, nil)))
        }
    }

    /// Keeps the streams in memory within the limit, dropping those least recently used that the state store has whole.
    mutating func evict() {
        let loading = loading
        streams.evict(to: limits.streams) { loading[$0] != nil }
    }
}
