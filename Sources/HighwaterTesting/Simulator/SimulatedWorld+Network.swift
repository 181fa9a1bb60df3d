import DequeModule
import EventLog
import EventModel
import WriteModel

/// What becomes of records on their way to the log, and of reports on their way back.
extension SimulatedWorld {
    func renewProducer(of host: Int) {
        abandonProducer(of: host)
        producersMade += 1
        producers.append(SimulatedProducer(number: producersMade, host: host, incarnation: hosts[host].incarnation))
    }

    func abandonProducer(of host: Int) {
        for index in producers.indices where producers[index].host == host { producers[index].isAbandoned = true }
        producers.removeAll(where: \.isSpent)
    }

    func append(_ record: Record, _ append: PartitionWriter.AppendID, by host: Int) throws(Violation) {
        guard let index = producers.lastIndex(where: { $0.host == host && !$0.isAbandoned }) else {
            throw Violation("host \(host) appends without a producer")
        }
        producers[index].wire.append(SimulatedProducer.Sent(record: record, append: append))
    }

    /// The next record of some producer is stored, lost, refused, repeated or held up.
    func moveRecord() throws(Violation) -> Bool {
        if random.chance(faults.limit) { noteBatchLimit([60, 100, 150, .max][random.below(4)]) }
        guard !random.chance(faults.lag), let index = pick(where: { !$0.wire.isEmpty }) else { return false }
        if producers[index].isAbandoned, random.chance(faults.linger) { return false }
        let sent = producers[index].wire.removeFirst()
        if sent.isReported {
            if random.chance(700) { _ = try land(sent, of: index) } else { note("p\(producers[index].number) loses \(sent.record.header)") }
            return true
        }
        if let broken = producers[index].broken {
            fail(sent, of: index, broken)
            return true
        }
        if producers[index].isAbandoned, random.chance(100) {
            note("p\(producers[index].number) loses all it has")
            producers[index].wire.removeAll()
            return true
        }
        var dice = random.below(1000)
        func falls(_ rate: Int) -> Bool {
            dice -= rate
            return dice < 0
        }
        if falls(faults.drop) {
            report.count(.recordDropped)
            fail(sent, of: index, LogError(.timedOut, "dropped"))
        } else if falls(faults.lostReport) {
            report.count(.reportLost)
            _ = try land(sent, of: index)
            fail(sent, of: index, LogError(.timedOut, "stored, but the report is lost"))
        } else if falls(faults.late) {
            report.count(.recordLate)
            fail(sent, of: index, LogError(.unavailable, "still on its way"))
            var late = sent
            late.isReported = true
            producers[index].wire.prepend(late)
        } else if falls(faults.twice) {
            report.count(.recordStoredTwice)
            let offset = try land(sent, of: index)
            producers[index].reports.append((sent.append, .success(offset)))
            if random.chance(500) {
                _ = try land(sent, of: index)
            } else {
                var copy = sent
                copy.isReported = true
                producers[index].wire.prepend(copy)
            }
        } else if falls(faults.storage) {
            report.count(.storageFailed)
            let error = LogError(.storage, "the disk is full")
            producers[index].broken = error
            fail(sent, of: index, error)
        } else if case .commit = sent.record, falls(faults.size) {
            report.count(.refusedThoughStored)
            _ = try land(sent, of: index)
            let usual = batchLimit
            noteBatchLimit(0)
            noteBatchLimit(usual)
            fail(sent, of: index, LogError(.recordTooLarge, "stored, but a second attempt was refused for its size"))
        } else if refuse(batchWith: sent, of: index) {
            return true
        } else {
            producers[index].reports.append((sent.append, .success(try land(sent, of: index))))
        }
        return true
    }

    /// Refuses the record and what goes along in its batch, where together they are larger than the log takes.
    private func refuse(batchWith first: SimulatedProducer.Sent, of index: Int) -> Bool {
        guard first.record.dataBytes > 0, batchLimit < .max else { return false }
        var batch = [first]
        let most = 1 + random.below(4)
        while batch.count < most, let next = producers[index].wire.first, !next.isReported, next.record.dataBytes > 0 {
            batch.append(producers[index].wire.removeFirst())
        }
        guard batch.reduce(0, { $0 + $1.record.dataBytes }) > batchLimit else {
            for sent in batch.dropFirst().reversed() { producers[index].wire.prepend(sent) }
            return false
        }
        report.count(batch.count == 1 ? .logRefusedSize : .logRefusedBatch)
        for sent in batch { fail(sent, of: index, LogError(.recordTooLarge, "the batch of \(batch.count) is too large")) }
        return true
    }

    /// The log takes batches of so many bytes of events from now on.
    func noteBatchLimit(_ bytes: Int) {
        batchLimits.append((step, bytes))
        note("the log takes batches of \(bytes) bytes")
    }

    /// Whether the log took no batch of so many bytes at some time since a step.
    func wasBeyondLimit(_ bytes: Int, since start: Int) -> Bool {
        bytes > limits.recordBytes
            || batchLimits.indices.contains { index in
                // It was in force until the next one.
                let end = batchLimits.indices.contains(index + 1) ? batchLimits[index + 1].step : step
                return end >= start && batchLimits[index].bytes < bytes
            }
    }

    func deliverReport() throws(Violation) -> Bool {
        let first = random.below(producers.count)
        for offset in producers.indices {
            let index = (first + offset) % producers.count
            let producer = producers[index]
            guard let next = producer.reports.first else { continue }
            if hosts[producer.host].incarnation != producer.incarnation || hosts[producer.host].writer == nil {
                producers[index].reports.removeAll()  // nobody is left to hear them
                return true
            }
            guard hosts[producer.host].isRunning else { continue }
            producers[index].reports.removeFirst()
            try deliver(.reported(next.append, next.result), to: producer.host)
            return true
        }
        return false
    }

    private func land(_ sent: SimulatedProducer.Sent, of index: Int) throws(Violation) -> Offset {
        let producer = producers[index]
        let offset = try log.append(sent.record, at: step)
        let isValid = log.entries[Int(offset.rawValue)].isValid
        note("p\(producer.number) of host \(producer.host) stores \(sent.record.header) at \(offset)\(isValid ? "" : ", void")")
        if !isValid { report.count(.voidRecord) }
        if producer.isAbandoned { report.count(.zombieLanded) }
        if producer.isAbandoned && isValid { report.count(.zombieValid) }
        if isValid, case .commit(let commit) = sent.record { try landed(commit, at: offset) }
        return offset
    }

    private func fail(_ sent: SimulatedProducer.Sent, of index: Int, _ error: LogError) {
        note("p\(producers[index].number) reports \(sent.record.header) failed: \(error)")
        producers[index].reports.append((sent.append, .failure(error)))
    }

    private func pick(where isEligible: (SimulatedProducer) -> Bool) -> Int? {
        guard !producers.isEmpty else { return nil }
        let first = random.below(producers.count)
        for offset in producers.indices {
            let index = (first + offset) % producers.count
            if isEligible(producers[index]) { return index }
        }
        return nil
    }
}

extension Record {
    /// The bytes of a commit's events, which are all that the simulated log counts.
    fileprivate var dataBytes: Int {
        if case .commit(let commit) = self { commit.events.reduce(0) { $0 + $1.data.count } } else { 0 }
    }
}
