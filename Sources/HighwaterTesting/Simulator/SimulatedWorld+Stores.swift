import DequeModule
import EventLog
import EventModel
import WriteModel

/// What the state stores and the log's readers do for their writers.
extension SimulatedWorld {
    func read(_ host: Int) throws(Violation) -> Bool {
        hosts[host].readings.removeAll(where: \.isOver)
        guard !hosts[host].readings.isEmpty else { return false }
        let index = random.below(hosts[host].readings.count)
        let reading = hosts[host].readings[index].id
        if random.chance(faults.read) {
            report.count(.readFailed)
            hosts[host].readings[index].abandon()
            // Rarely for good: then the writer has to give up.
            let code: LogError.Code = random.chance(100) ? .closed : random.chance(100) ? .storage : .unavailable
            try deliver(.readFailed(reading, LogError(code, "the log cannot be read")), to: host)
            return true
        }
        if index < hosts[host].readings.count - 1 { report.count(.staleRead) }
        switch hosts[host].readings[index].advance(log, &random) {
        case .batch(let batch, let overshoots):
            if overshoots { report.count(.readOvershot) }
            try deliver(.read(reading, batch), to: host)
        case .end:
            try deliver(.readEnded(reading), to: host)
        }
        return true
    }

    func workOnStore(_ host: Int) throws(Violation) -> Bool {
        guard let work = hosts[host].work.popFirst() else { return false }
        switch work {
        case .assign:
            result(.assigned(from: hosts[host].store.position), for: host)
        case .save(let request):
            if random.chance(faults.save) {
                report.count(.saveFailed)
                result(.saveFailed(request.position), for: host)
            } else {
                report.count(.saved)
                note("host \(host) saves \(request.position)")
                try hosts[host].store.save(request.encoded())
                try hosts[host].store.check(against: log, streams)
                result(.saved(request.position), for: host)
            }
        case .fold(let records, let position):
            if random.chance(faults.fold) {
                report.count(.foldFailed)
                result(.foldFailed(position, "the state store cannot be written"), for: host)
            } else {
                report.count(.foldedForeign)
                note("host \(host) folds \(records.map(\.offset)) to \(position)")
                try fold(records, position, host)
                try hosts[host].store.check(against: log, streams)
                result(.folded(position), for: host)
            }
        }
        return true
    }

    /// The state store or the log looks something up as it is now; the answer may take its time.
    func askStore(_ host: Int) throws(Violation) -> Bool {
        guard !hosts[host].questions.isEmpty else { return false }
        let question = hosts[host].questions.remove(at: random.below(hosts[host].questions.count))
        let hasFailed = random.chance(faults.load)
        if hasFailed { report.count(.loadFailed) }
        switch question {
        case .load(let lookup) where hasFailed, .lookUp(let lookup, _) where hasFailed:
            result(.lookupFailed(lookup, "the state store cannot be read"), for: host)
        case .confirm(let id) where hasFailed:
            report.count(.confirmationFailed)
            result(.confirmFailed(id, LogError(.unavailable, "the log's end cannot be found")), for: host)
        case .confirm(let id):
            result(.confirmed(id, end: log.end), for: host)
        case .load(let lookup):
            result(.loaded(lookup, hosts[host].store.stream(lookup.stream)), for: host)
        case .lookUp(let lookup, let command):
            result(.found(lookup, command, hosts[host].store.commit(of: command, on: lookup.stream)), for: host)
        }
        return true
    }

    func deliverResult(_ host: Int) throws(Violation) -> Bool {
        guard !hosts[host].results.isEmpty else { return false }
        let index = random.below(hosts[host].results.count)
        if hosts[host].results[index].isSlow, faults.slow > 0, random.chance(900) { return false }
        let result = hosts[host].results.remove(at: index).input
        if case .assigned = result {
            hosts[host].isTaken = true
            hosts[host].loaded.removeAll()
        }
        try deliver(result, to: host)
        return true
    }

    private func result(_ input: PartitionWriter.Input, for host: Int) {
        hosts[host].results.append((input, isSlow: random.chance(faults.slow)))
    }

    private func fold(_ records: [ChainedRecord], _ position: ChainPosition, _ host: Int) throws(Violation) {
        let fold = StateFold(Self.context)
        var stored: [StreamID: StoredStream] = [:]
        for id in fold.streams(of: records) { stored[id] = hosts[host].store.stream(id) }
        let batch: StateBatch
        do {
            batch = try fold.batch(records, onto: stored, position: position)
        } catch {
            throw Violation("commits cannot be folded into host \(host)'s state store at \(hosts[host].store.position): \(error)")
        }
        try hosts[host].store.save(batch)
    }
}
