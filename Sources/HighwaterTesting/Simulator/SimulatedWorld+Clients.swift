import EventLog
import EventModel
import WriteModel

/// What clients send: new commands, the same ones again to any host, other ones under a used id; and when they lose patience.
extension SimulatedWorld {
    func actAsClient() throws(Violation) -> Bool {
        guard attemptsLeft > 0 else { return false }
        let dice = random.below(100)
        if dice < 8 {
            return expireSome()
        }
        attemptsLeft -= 1
        let host = chooseHost()
        if dice < 40, !commands.isEmpty {
            // Mostly a young one, which may still be under way.
            let command = random.chance(600) ? max(0, commands.count - 1 - random.below(4)) : random.below(commands.count)
            report.count(.commandRepeated)
            send(command, to: host, expected: random.chance(100) ? expectation(on: commands[command].stream) : .any)
            return true
        }
        let stream = streams[random.chance(500) ? 0 : random.below(streams.count)]
        var id = CommandID(trusted: "c\(commands.count)")
        if dice < 45, let used = commands.last(where: { $0.stream == stream }) {
            report.count(.idReused)
            id = used.id
        }
        let value = random.next()
        let wanted: TallyCommand =
            switch random.below(10) {
            case ..<5: .add(value: value, events: 1 + random.below(3), padding: 0)
            case ..<7: .addWhenEven(value: value)
            case ..<9: .addUnlessOdd(value: value)
            default: .add(value: value, events: 1, padding: random.chance(400) ? 20 : 0)
            }
        guard let command = makeCommand(id, stream, wanted) else { return false }
        report.count(.commandSent)
        send(command, to: host, expected: random.chance(200) ? expectation(on: stream) : .any)
        return true
    }

    /// Mostly the one that should be the owner, or else one that may be.
    private func chooseHost() -> Int {
        if random.chance(150) { return random.below(hosts.count) }
        if hosts[favourite].isTaken { return favourite }
        return hosts.firstIndex { $0.isTaken } ?? favourite
    }

    func makeCommand(_ id: CommandID, _ stream: StreamID, _ wanted: TallyCommand) -> Int? {
        guard let payload = TallyDecider.payload(wanted) else { return nil }
        commands.append(SimulatedCommand(id: id, stream: stream, command: wanted, payload: payload))
        return commands.count - 1
    }

    func send(_ command: Int, to host: Int, expected: ExpectedVersion) {
        guard hosts[host].writer != nil else { return }
        let ticket = attempts.count
        attempts.append(
            SimulatedAttempt(
                command: command, host: host, incarnation: hosts[host].incarnation, expected: expected, start: step))
        let wanted = commands[command]
        note("ticket \(ticket): \(wanted.id) on \(wanted.stream) to host \(host), \(wanted.command), \(expected)")
        hosts[host].inbox.append(
            .command(
                Command(id: wanted.id, stream: wanted.stream, payload: wanted.payload, expected: expected, causationID: String(ticket)),
                PartitionWriter.Ticket(UInt64(ticket))))
    }

    private func expectation(on stream: StreamID) -> ExpectedVersion {
        let version = log.histories[stream]?.last?.state.count ?? 0
        switch random.below(4) {
        case 0: return .noStream
        case 1: return .exactly(StreamVersion(version + 1))
        default: return .exactly(StreamVersion(version))
        }
    }

    private func expireSome() -> Bool {
        guard !attempts.isEmpty else { return false }
        let ticket = max(0, attempts.count - 1 - random.below(8))
        let attempt = attempts[ticket]
        guard attempt.ending == .open, hosts[attempt.host].incarnation == attempt.incarnation, hosts[attempt.host].writer != nil else {
            return false
        }
        report.count(.expired)
        hosts[attempt.host].inbox.append(.expired(PartitionWriter.Ticket(UInt64(ticket))))
        return true
    }
}
