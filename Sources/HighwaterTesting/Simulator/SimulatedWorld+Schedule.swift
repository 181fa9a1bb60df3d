import EventLog
import EventModel
import WriteModel

/// What happens next, and what must have happened in the end.
extension SimulatedWorld {
    private enum Activity: Int, CaseIterable {
        case client, network, report, reading, work, question, result, inbox, backOff, tick, assignment, fate
    }

    func run() throws(Violation) {
        let steps = configuration.steps.lowerBound + random.below(configuration.steps.count)
        while step < steps { try advance() }
        try settle()
    }

    /// One step: some activity, or the next one that has something to do.
    private func advance() throws(Violation) {
        step += 1
        let dice = random.below(100)
        var choice: Activity =
            switch dice {
            case ..<14: .client
            case ..<30: .network
            case ..<44: .report
            case ..<56: .reading
            case ..<64: .work
            case ..<69: .question
            case ..<76: .result
            case ..<91: .inbox
            case ..<92: .backOff
            case ..<93: .tick
            case ..<98: .assignment
            default: .fate
            }
        for attempt in 0..<Activity.allCases.count {
            // What comes from outside comes when its turn comes, and not instead of something else.
            let isOutside = choice == .client || choice == .tick || choice == .fate
            if attempt == 0 || !isOutside, try act(choice) { return }
            choice = Activity(rawValue: (choice.rawValue + 1) % Activity.allCases.count) ?? .client
        }
    }

    private func act(_ activity: Activity) throws(Violation) -> Bool {
        switch activity {
        case .client: return try actAsClient()
        case .network: return try moveRecord()
        case .report: return try deliverReport()
        case .assignment: return try assign()
        case .fate: return decideFate()
        case .reading, .work, .question, .result, .inbox, .backOff, .tick: break
        }
        let first = random.below(hosts.count)
        for index in 0..<hosts.count {
            let host = (first + index) % hosts.count
            guard hosts[host].isRunning else { continue }
            let hasActed =
                switch activity {
                case .reading: try read(host)
                case .work: try workOnStore(host)
                case .question: try askStore(host)
                case .result: try deliverResult(host)
                case .inbox: try deliverFromInbox(host)
                case .backOff: try endBackOff(host)
                default: try tick(host)
                }
            if hasActed { return true }
        }
        return false
    }

    /// The faults end, one host gets the assignment until everything has settled, and a fresh command must succeed.
    private func settle() throws(Violation) {
        note("the faults end")
        faults = SimulationFaults()
        noteBatchLimit(.max)
        attemptsLeft = 0
        for host in hosts.indices { hosts[host].isPaused = false }
        let chosen = random.below(hosts.count)
        favourite = chosen
        if hosts[chosen].writer == nil { start(chosen) }
        let deadline = step + configuration.settlingSteps
        try calm(until: deadline)
        for index in attempts.indices where attempts[index].ending == .open {
            throw Violation("ticket \(index) (command \(commands[attempts[index].command].id)) was never answered")
        }
        for stream in streams { try succeed(on: stream, at: chosen, until: deadline) }
        for host in hosts.indices where hosts[host].writer?.isOwner == true { _ = try tick(host) }
        try calm(until: deadline)
        for host in hosts.indices {
            guard let writer = hosts[host].writer else { continue }
            guard writer.queueDepth == 0 else { throw Violation("host \(host) still counts \(writer.queueDepth) commands") }
            guard host != chosen || writer.isSaved else { throw Violation("host \(host) has acknowledged commits that it does not save") }
        }
        for stream in streams {
            guard hosts[chosen].store.position.offset >= log.histories[stream]?.last?.offset ?? Offset(-1) else {
                throw Violation("the owner's state store is at \(hosts[chosen].store.position), behind the last commit of \(stream)")
            }
        }
    }

    /// A fresh command on the stream, repeated as a client would, is committed.
    private func succeed(on stream: StreamID, at host: Int, until deadline: Int) throws(Violation) {
        guard let command = makeCommand(CommandID(trusted: "last-\(stream)"), stream, .add(value: 7, events: 1, padding: 0)) else { return }
        for _ in 0..<10 {
            step += 1
            send(command, to: host, expected: .any)
            let ticket = attempts.count - 1
            try calm(until: deadline)
            if attempts[ticket].ending == .committed { return }
        }
        throw Violation("a fresh command on \(stream) does not succeed after the faults have ended")
    }

    /// Until nothing is under way, and the chosen host owns the partition.
    private func calm(until deadline: Int) throws(Violation) {
        while true {
            step += 1
            guard step < deadline else { throw Violation("nothing settles after the faults have ended") }
            var isBusy = producers.contains { !$0.isSpent && !($0.wire.isEmpty && $0.reports.isEmpty) }
            for host in hosts.indices where hosts[host].hasWork { isBusy = true }
            if isBusy {
                var choice = Activity(rawValue: Activity.network.rawValue + random.below(8)) ?? .network
                while try !act(choice) {
                    choice = Activity(rawValue: choice.rawValue + 1) ?? .network
                    if choice == .tick { choice = .network }
                }
            } else if try !assign() {
                return
            }
        }
    }
}
