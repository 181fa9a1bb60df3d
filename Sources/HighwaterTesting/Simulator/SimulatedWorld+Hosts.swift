import DequeModule
import EventLog
import EventModel
import WriteModel

/// The shell around each writer, and the fate of the hosts.
extension SimulatedWorld {
    func start(_ host: Int) {
        hosts[host].incarnation += 1
        hosts[host].writer = PartitionWriter(
            Self.partition, of: 1, context: Self.context, writer: "host-\(host).\(hosts[host].incarnation)", limits: limits)
        note("host \(host) starts")
    }

    func deliver(_ input: PartitionWriter.Input, to host: Int) throws(Violation) {
        guard hosts[host].writer != nil else { return }
        note("host \(host) <- \(describe(input))")
        if case .command = input { hosts[host].outstanding += 1 }
        let actions = hosts[host].writer?.handle(input, at: now) ?? []
        for action in actions { try perform(action, for: host, after: input) }
        guard hosts[host].writer?.queueDepth == hosts[host].outstanding else {
            throw Violation(
                "host \(host) counts \(hosts[host].writer?.queueDepth ?? 0) commands without an answer; there are \(hosts[host].outstanding)"
            )
        }
    }

    private func perform(
        _ action: PartitionWriter.Action, for host: Int, after input: PartitionWriter.Input
    ) throws(Violation) {
        note("host \(host) -> \(describe(action))")
        switch action {
        case .append(let record, let id):
            if case .claim = record { report.count(.claimed) }
            try append(record, id, by: host)
        case .renewProducer:
            renewProducer(of: host)
        case .read(let id, let position, let target):
            if hosts[host].writer?.isOwner == true { report.count(.verified) }
            if case .confirmed = input {
                report.count(.confirmationRead)
                hosts[host].isReadingToConfirm = true
            } else {
                hosts[host].isReadingToConfirm = false
            }
            // What is left of an abandoned reading may still come.
            if hosts[host].readings.count > 1 { hosts[host].readings.removeFirst() }
            hosts[host].readings.append(try SimulatedReading(id, after: position, target: target, in: log))
        case .confirm(let id):
            hosts[host].questions.append(.confirm(id))
        case .load(let lookup):
            report.count(hosts[host].loaded.insert(lookup.stream).inserted ? .loaded : .reloaded)
            hosts[host].questions.append(.load(lookup))
        case .lookUp(let lookup, let command):
            report.count(.lookedUp)
            hosts[host].questions.append(.lookUp(lookup, command))
        case .answer(let ticket, let outcome):
            try answered(ticket, outcome, by: host, after: input)
        case .replay(let ticket, let stream, let commit):
            try replayed(ticket, stream, commit, by: host)
        case .fold(let records, let position):
            hosts[host].work.append(.fold(records, position))
        case .save(let request):
            hosts[host].work.append(.save(request))
        case .backOff:
            report.count(.backedOff)
            hosts[host].backOffs += 1
        case .becameOwner(let epoch):
            report.count(.owned)
            hosts[host].epoch = epoch
        case .steppedDown(let claim, _):
            report.count(claim == nil ? .gaveUp : .deposed)
            if claim != nil, hosts[host].isReadingToConfirm { report.count(.deposedByConfirming) }
            hosts[host].isTaken = false
        case .recovering:
            report.count(.recovered)
        case .passedVoid:
            report.count(.voidPassed)
        }
    }

    func deliverFromInbox(_ host: Int) throws(Violation) -> Bool {
        guard let input = hosts[host].inbox.popFirst() else { return false }
        try deliver(input, to: host)
        return true
    }

    func endBackOff(_ host: Int) throws(Violation) -> Bool {
        guard hosts[host].backOffs > 0 else { return false }
        hosts[host].backOffs -= 1
        try deliver(.backedOff, to: host)
        return true
    }

    func tick(_ host: Int) throws(Violation) -> Bool {
        try deliver(.tick, to: host)
        if random.chance(300) { try deliver(.check, to: host) }
        return true
    }

    /// The coordinator says that some host should write the partition; at times the wrong one, at times again.
    func assign() throws(Violation) -> Bool {
        if random.chance(50) && faults.misassign > 0 { favourite = random.below(hosts.count) }
        let host = random.chance(faults.misassign) ? random.below(hosts.count) : favourite
        guard hosts[host].writer != nil, !hosts[host].isAssigning else { return false }
        if hosts[host].isTaken {
            guard hosts[host].isRunning, faults.misassign > 0, random.chance(20) else { return false }
            report.count(.staleAssignment)
            try deliver(.assigned(from: .beginning), to: host)  // it must not begin again
            return true
        }
        note("host \(host) is assigned")
        hosts[host].work.append(.assign)
        return true
    }

    /// Hosts crash, start again, fall asleep and wake up.
    func decideFate() -> Bool {
        let host = random.below(hosts.count)
        if hosts[host].writer == nil {
            guard random.chance(300) else { return false }
            start(host)
            return true
        }
        if hosts[host].isPaused {
            guard random.chance(60) else { return false }
            note("host \(host) wakes up")
            hosts[host].isPaused = false
            return true
        }
        if random.chance(faults.crash * 20) {
            report.count(.hostCrashed)
            note("host \(host) crashes")
            hosts[host].crash()
            abandonProducer(of: host)
            for index in attempts.indices
            where attempts[index].host == host && attempts[index].incarnation == hosts[host].incarnation && attempts[index].ending == .open
            {
                attempts[index].ending = .undetermined
            }
            return true
        }
        if random.chance(faults.pause * 15) {
            report.count(.hostPaused)
            note("host \(host) falls asleep")
            hosts[host].isPaused = true
            return true
        }
        return false
    }
}
