import DequeModule
import EventLog
import EventModel

/// How a partition is taken, and how it is lost.
extension PartitionWriter {
    mutating func assigned(from position: ChainPosition) {
        guard phase == .idle else { return }
        self.position = position
        lastOffset = position.offset
        attempts = 0
        actions.append(.renewProducer)
        producer += 1
        catchUp(.assignment)
    }

    /// Reads up to the end, to claim there.
    mutating func catchUp(_ purpose: Purpose) {
        phase = .catchingUp(purpose, startReading(.end), .reading)
    }

    mutating func startReading(_ target: ReadTarget) -> ReadingID {
        readings += 1
        let reading = ReadingID(number: readings)
        actions.append(.read(reading, after: position, target: target))
        return reading
    }

    mutating func claim(_ purpose: Purpose, at now: Timestamp) {
        // Higher than all before is what the rule asks. Beginning at the time of day tells a recreated log from the one it replaces: its
        // records would else have the same epochs and sequences at the same offsets. Safety does not rest on the clock.
        let claimed = max(position.chain.epoch.next, Epoch(now.microseconds / 1000))
        phase = .claiming(purpose, claimed)
        let claim = Claim(epoch: claimed, writer: writer, at: now, partitions: Int32(partitionCount))
        actions.append(.append(.claim(claim), AppendID(producer: producer, content: .claim(claimed))))
    }

    mutating func claimReported(_ claimed: Epoch, _ result: Result<Offset, LogError>) {
        guard case .claiming(let purpose, claimed) = phase else { return }
        switch result {
        case .success(let offset):
            outage = nil
            phase = .confirming(purpose, claimed, startReading(.through(offset)), .reading)
        case .failure(let error):
            retreat(purpose, error)
        }
    }

    /// The claim holds: nobody's commit has come between.
    mutating func own(_ claimed: Epoch, at now: Timestamp) {
        phase = .owning
        epoch = claimed
        settled = position.offset
        lastProposed = .zero
        attempts = 0
        endConfirming()
        actions.append(.becameOwner(claimed))
        // Whatever was in flight before the claim and is not in the log by now is void for ever.
        decideAgain()
        decideWaiting(at: now)
    }

    /// Nothing that is in flight counts any more: it goes back to the front of the queue, in its order.
    mutating func decideAgain() {
        streams.rollBack()
        for command in pending.reversed() {
            guard !command.isTooLarge else {
                // It is not before the claim, so it is in no place: a definite no.
                for refused in [command.waiting] + command.repetitions { answer(refused, .tooLarge(limit: logRecordBytes)) }
                continue
            }
            for repetition in command.repetitions.reversed() { waiting.prepend(repetition) }
            waiting.prepend(command.waiting)
        }
        pending.removeAll()
        commitsInFlight = 0
    }

    /// A report has failed or a commit is void: what is in flight is unknown until a new claim stands.
    mutating func recover(_ error: LogError) {
        actions.append(.recovering(error))
        if error.isOutage {
            outage = error
            // Reports come in order: while owning, all before the failed one have been settled.
            if phase == .owning { refusePending(error) }
            refuseWaiting(error)
        }
        renewProducer()
        catchUp(.recovery)
    }

    /// Something needed for a claim has failed: again after a pause, with a fresh producer.
    mutating func retreat(_ purpose: Purpose, _ error: LogError) {
        actions.append(.recovering(error))
        guard error.isRetriable else {
            stepDown(by: nil, reason: Reason(told: error.explanation, full: error.message))
            return
        }
        if error.isOutage {
            outage = error
            refuseWaiting(error)
        }
        backOff(purpose)
    }

    mutating func backOff(_ purpose: Purpose) {
        attempts += 1
        renewProducer()
        phase = .backingOff(purpose)
        actions.append(.backOff(attempt: attempts))
    }

    mutating func backedOff() {
        guard case .backingOff(let purpose) = phase else { return }
        catchUp(purpose)
    }

    private mutating func renewProducer() {
        producer += 1
        laterReports.removeAll()
        actions.append(.renewProducer)
    }

    /// The log tells whose the partition is: another's claim ends this writer, and without one it steps down to be assigned anew. It never
    /// claims by itself, or it would depose the newcomer.
    mutating func storeLost(_ reason: String) {
        guard isDeposable, lostStore == nil else { return }
        lostStore = reason
        if isOwner { recover(LogError(.unavailable, reason)) }
    }

    /// Stops writing.
    mutating func stepDown(by claim: Claim?, reason: Reason) {
        // After another's claim, nothing that is in flight counts. Without one it may still land.
        let refusal = claim == nil ? CommandOutcome.unavailable(reason.told) : .notOwner
        answerPending(commits: claim == nil ? .unknown : .notOwner, others: refusal)
        answerWaiting(refusal)
        endConfirming()
        lostStore = nil
        window = nil
        suspects = 0
        streams.removeAll()
        dirty.removeAll()
        unsavedCommits = 0
        saving = nil
        isSaveFailing = false
        folding = nil
        unfolded = nil
        outage = nil
        phase = .idle
        renewProducer()
        actions.append(.steppedDown(by: claim, reason: reason))
    }

    /// By the log's own word, nothing of what is in flight has been stored or will be: a definite no.
    private mutating func refusePending(_ error: LogError) {
        streams.rollBack()
        answerPending(commits: .unavailable(error.explanation), others: .unavailable(error.explanation))
    }

    private mutating func refuseWaiting(_ error: LogError) { answerWaiting(.unavailable(error.explanation)) }

    private mutating func answerPending(commits: CommandOutcome, others: CommandOutcome) {
        for command in pending {
            let outcome = command.commit == nil ? others : commits
            answer(command.waiting, outcome)
            for repetition in command.repetitions { answer(repetition, outcome) }
        }
        pending.removeAll()
        commitsInFlight = 0
    }

    private mutating func answerWaiting(_ outcome: CommandOutcome) {
        for command in waiting { answer(command, outcome) }
        waiting.removeAll()
        for command in loading.values.flatMap(\.waiting) { answer(command, outcome) }
        loading.removeAll()
    }
}
