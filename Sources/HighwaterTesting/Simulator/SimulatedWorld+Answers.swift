import EventLog
import EventModel
import WriteModel

/// Whether what clients are told is true.
extension SimulatedWorld {
    /// A valid commit has landed.
    func landed(_ commit: Commit, at offset: Offset) throws(Violation) {
        guard let ticket = Int(commit.causationID), attempts.indices.contains(ticket) else {
            throw Violation("the commit at \(offset) is of no attempt")
        }
        let attempt = attempts[ticket]
        let command = commands[attempt.command]
        guard commit.commandID == command.id, commit.stream == command.stream, commit.commandDigest == command.payload.digest.storedBytes
        else { throw Violation("the commit at \(offset) is not of the command of ticket \(ticket)") }
        guard attempt.expected.admits(StreamVersion(commit.firstVersion.rawValue - 1)) else {
            throw Violation("the commit at \(offset) was made at another version than \(attempt.expected)")
        }
        guard attempt.ending != .nothing else {
            throw Violation("ticket \(ticket) was told that nothing happened, and its commit lands at \(offset)")
        }
        attempts[ticket].landed = offset
    }

    func answered(
        _ ticket: PartitionWriter.Ticket, _ outcome: CommandOutcome, by host: Int, after input: PartitionWriter.Input
    ) throws(Violation) {
        let index = Int(ticket.number)
        let attempt = attempts[index]
        if case .unknown = outcome, case .expired = input {
            guard attempt.ending == .open else { throw Violation("ticket \(index) expires after its answer") }
            report.count(.unknown)
            attempts[index].wasUnknown = true
            return
        }
        try close(index, by: host)
        if case .committed(let receipt) = outcome {
            try check(receipt, of: index)
            count(receipt, by: host, after: input)
            return
        }
        if case .unknown = outcome {
            report.count(.unknown)
            attempts[index].ending = .undetermined
            return
        }
        if attempt.wasUnknown { report.count(.unknownSettled) }
        attempts[index].ending = .nothing
        if let landed = attempt.landed { throw Violation("ticket \(index) is told \(outcome), but its commit is at \(landed)") }
        try check(outcome, of: index, by: host, after: input)
    }

    /// The shell reads the commit back and answers with it.
    func replayed(
        _ ticket: PartitionWriter.Ticket, _ stream: StreamID, _ reference: CommitReference, by host: Int
    ) throws(Violation) {
        let index = Int(ticket.number)
        try close(index, by: host)
        attempts[index].ending = .nothing
        guard let fact = log.fact(of: reference.commandID, on: stream), fact.offset == reference.offset,
            fact.commit.firstVersion == reference.firstVersion, fact.commit.events.count == reference.events,
            fact.commit.commandDigest == reference.commandDigest.storedBytes
        else { throw Violation("ticket \(index) is replayed \(reference), which is no valid commit") }
        let receipt = CommitReceipt(
            stream: stream, firstVersion: fact.commit.firstVersion, position: LogPosition(Self.partition, fact.offset),
            events: fact.commit.events, isReplay: true)
        try check(receipt, of: index)
        report.count(.replayedFromLog)
    }

    private func close(_ index: Int, by host: Int) throws(Violation) {
        let attempt = attempts[index]
        guard attempt.ending == .open else { throw Violation("ticket \(index) is answered twice") }
        guard attempt.host == host, attempt.incarnation == hosts[host].incarnation else {
            throw Violation("ticket \(index) is answered by host \(host), which never had it")
        }
        hosts[host].outstanding -= 1
    }

    private func check(_ receipt: CommitReceipt, of index: Int) throws(Violation) {
        let attempt = attempts[index]
        let command = commands[attempt.command]
        if attempt.wasUnknown { report.count(.unknownSettled) }
        guard let fact = log.fact(of: command.id, on: command.stream), fact.offset == receipt.position.offset,
            receipt.stream == command.stream, receipt.firstVersion == fact.commit.firstVersion, receipt.events == fact.commit.events
        else { throw Violation("ticket \(index) is told of a commit at \(receipt.position.offset) that is not in the log, or is void") }
        guard fact.commit.commandDigest == command.payload.digest.storedBytes else {
            throw Violation("ticket \(index) is told of the commit of another payload")
        }
        let isOwn = fact.commit.causationID == String(index)
        guard receipt.isReplay != isOwn else {
            throw Violation("ticket \(index) is told that its commit was\(isOwn ? "" : " not") made by another attempt")
        }
        attempts[index].ending = isOwn ? .committed : .nothing
    }

    private func count(_ receipt: CommitReceipt, by host: Int, after input: PartitionWriter.Input) {
        if receipt.isReplay {
            report.count(.replayedInFlight)
            return
        }
        report.count(.committed)
        guard case .read = input else { return }
        report.count(hosts[host].writer?.isOwner == true ? .committedByVerifying : .committedByRecovery)
    }

    /// Answers without a commit.
    private func check(
        _ outcome: CommandOutcome, of index: Int, by host: Int, after input: PartitionWriter.Input
    ) throws(Violation) {
        let attempt = attempts[index]
        let command = commands[attempt.command]
        switch outcome {
        case .committed, .unknown:
            return
        case .overloaded:
            report.count(.overloaded)
            return
        case .notOwner:
            report.count(.notOwner)
            return
        case .unavailable:
            report.count(.unavailable)
            return
        case .tooLarge:
            report.count(.tooLarge)
            // A repetition shares the fate of the attempt that was in flight when it came.
            let first = attempts.first { $0.command == attempt.command }?.start ?? attempt.start
            guard wasBeyondLimit(command.command.largestEvents, since: first) else {
                throw Violation("ticket \(index) is told that \(command.command) is too large, and the log has taken as much ever since")
            }
            return
        case .idempotencyKeyReused:
            report.count(.idReuseRefused)
            guard let fact = log.fact(of: command.id, on: command.stream),
                fact.commit.commandDigest != command.payload.digest.storedBytes
            else { throw Violation("ticket \(index) is told that its id was used with another payload, and it was not") }
        case .refused(_, let version):
            report.count(.refused)
            let state = try settledState(at: version, for: index, by: host)
            let decision = Result { () throws(TallyDecider.Refusal) in try TallyDecider().decide(command.command, state) }
            guard case .failure = decision else { throw Violation("ticket \(index) is refused wrongly at version \(version)") }
        case .unchanged(let version, let position):
            report.count(.unchanged)
            guard log.entry(at: position.offset)?.isValid == true else {
                throw Violation("ticket \(index) is told of the position \(position), which no valid record has")
            }
            let known = log.history(of: command.stream, through: position.offset).last?.state.count ?? 0
            guard known == version.rawValue else {
                throw Violation("ticket \(index) is told of version \(version) at \(position), where the stream is at version \(known)")
            }
            let state = try settledState(at: version, for: index, by: host)
            guard let events = try? TallyDecider().decide(command.command, state), events.isEmpty else {
                throw Violation("ticket \(index) is told that nothing changes, wrongly at version \(version)")
            }
        case .conflict(let expected, let version):
            report.count(.conflict)
            _ = try settledState(at: version, for: index, by: host)
            guard expected == attempt.expected, !expected.admits(version) else {
                throw Violation("ticket \(index) is told of a conflict at version \(version), wrongly")
            }
        }
        switch input {
        case .reported, .read, .readEnded: report.count(.answerHeld)
        case .confirmed: report.count(.answerConfirmed)
        default: break
        }
    }

    /// The stream's state at a version that an answer rests on: a prefix of the valid commits, without the command's own, and the newest
    /// at some time between question and answer.
    private func settledState(
        at version: StreamVersion, for index: Int, by host: Int
    ) throws(Violation) -> TallyState {
        let command = commands[attempts[index].command]
        let history = log.histories[command.stream] ?? []
        let prefix: Int
        if version == .none {
            prefix = 0
        } else {
            guard let last = history.firstIndex(where: { $0.state.count == version.rawValue }) else {
                throw Violation("ticket \(index) is answered at version \(version) of \(command.stream), which the log does not have")
            }
            prefix = last + 1
        }
        guard !history.prefix(prefix).contains(where: { $0.commit.commandID == command.id }) else {
            throw Violation("ticket \(index) is decided again, though its command was committed before version \(version)")
        }
        if prefix < history.count, history[prefix].step < attempts[index].start {
            let isOwn = history[prefix].commit.epoch <= hosts[host].epoch
            throw Violation(
                "ticket \(index) is answered at version \(version), though \(isOwn ? "its writer" : "another") had committed more before it "
                    + "was asked")
        }
        return prefix == 0 ? TallyState() : history[prefix - 1].state
    }
}
