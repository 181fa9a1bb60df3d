import EventLog
import EventModel
import Logging

/// The log's side of the machine's actions: appending, and reading back.
extension PartitionOwner {
    enum Producer {
        case none
        /// Being made; what is to be appended waits.
        case coming(Int, waiting: [(Record, PartitionWriter.AppendID)])
        case ready(any LogProducer)
    }

    func append(_ record: Record, _ id: PartitionWriter.AppendID) {
        switch producer {
        case .ready(let producer): send(record, id, producer)
        case .coming(let number, let waiting): producer = .coming(number, waiting: waiting + [(record, id)])
        case .none: reported([(id, .failure(LogError(.unavailable, "there is no producer for \(partition)")))])
        }
    }

    func send(_ record: Record, _ id: PartitionWriter.AppendID, _ producer: any LogProducer) {
        let key = record.commit.map { Bytes($0.stream.description.utf8) } ?? []
        producer.append(LogRecord(key: key, value: Bytes(record.encoded)), to: partition) { [reports, weak self] result in
            guard reports.add((id, result)) else { return }
            Task { await self?.drainReports() }
        }
    }

    func drainReports() { reported(reports.drain()) }

    func reported(_ reports: [ReportInbox.Report]) {
        for report in reports { step(.reported(report.append, report.result)) }
    }

    func renewProducer() {
        if case .ready(let old) = producer { spawn { _ in await old.close() } }
        producers += 1
        let number = producers
        producer = .coming(number, waiting: [])
        spawn { owner in
            do {
                await owner.producerReady(number, .success(try await owner.log.makeProducer()))
            } catch {
                await owner.producerReady(number, .failure(LogError(wrapping: error, "no producer for \(owner.partition) can be made")))
            }
        }
    }

    func producerReady(_ number: Int, _ result: Result<any LogProducer, LogError>) async {
        guard case .coming(number, let waiting) = producer else {
            if case .success(let late) = result { await late.close() }
            return
        }
        switch result {
        case .success(let made):
            producer = .ready(made)
            for (record, id) in waiting { send(record, id, made) }
        case .failure(let error):
            producer = .none
            reported(waiting.map { ($0.1, .failure(error)) })
        }
    }

    func pause(_ attempt: Int) {
        let delay = backoff.delay(attempt: attempt, jitter: environment.jitter())
        spawn { owner in
            try? await owner.environment.clock.sleep(for: delay)
            await owner.step(.backedOff)
        }
    }

    func read(_ id: PartitionWriter.ReadingID, after position: ChainPosition, _ target: PartitionWriter.ReadTarget) {
        reading?.cancel()
        reading = Task { [partition] in
            do {
                try await self.readThrough(id, after: position, target)
            } catch is CancellationError {
                // Another reading has taken its place.
            } catch {
                self.step(.readFailed(id, LogError(wrapping: error, "\(partition) cannot be read")))
            }
        }
    }

    func readThrough(
        _ id: PartitionWriter.ReadingID, after position: ChainPosition, _ target: PartitionWriter.ReadTarget
    ) async throws {
        let end =
            switch target {
            case .end: try await log.bounds(of: partition).upperBound
            case .through(let offset): offset.next
            }
        let work = ReadingProgress(from: position.offset.next, to: position.offset.next, of: end)
        defer { progress = nil }
        progress = work.total > 0 ? work : nil
        let isLong = work.isLong && machine.isPreparing
        if isLong { logger.info("reading \(partition) before it can be written", metadata: ["records": "\(work.total)"]) }
        if work.total > 0 { try await read(id, after: position, upTo: end, isLong: isLong) }
        step(.readEnded(id))
    }

    private func read(
        _ id: PartitionWriter.ReadingID, after position: ChainPosition, upTo end: Offset, isLong: Bool
    ) async throws {
        let reader = try await ChainReader(log, partition, after: position)
        do {
            var next = position.offset.next
            while next < end {
                let batch = try await reader.next()
                try Task.checkCancellation()
                next = batch.next
                // Not while the log is waited for: a partition whose leader is away must not keep the others from their turns.
                if isLong { try await turns.take(rank: Int(partition.partition.rawValue)) }
                defer { if isLong { turns.giveBack() } }
                step(.read(id, batch))
                await folding?.value  // back pressure: the state store keeps pace
                progress = ReadingProgress(from: position.offset.next, to: next, of: end)
            }
            await reader.close()
        } catch {
            await reader.close()
            throw error
        }
    }

    func confirm(_ id: PartitionWriter.ConfirmationID) {
        spawn { owner in
            do {
                await owner.step(.confirmed(id, end: try await owner.log.bounds(of: owner.partition).upperBound))
            } catch {
                await owner.confirmFailed(id, LogError(wrapping: error, "the end of \(owner.partition) cannot be found"))
            }
        }
    }

    func confirmFailed(_ id: PartitionWriter.ConfirmationID, _ error: LogError) {
        // An idle owner's looks are nobody's loss, and come again and again.
        if machine.queueDepth > 0 { logger.warning("answers of \(partition) cannot be confirmed", metadata: ["reason": "\(error)"]) }
        step(.confirmFailed(id, error))
    }

    func replay(_ ticket: PartitionWriter.Ticket, _ stream: StreamID, _ reference: CommitReference) {
        spawn { owner in
            let outcome: CommandOutcome
            do {
                let commit = try await owner.readBack.commit(owner.partition, reference)
                outcome = .committed(
                    CommitReceipt(
                        stream: stream, firstVersion: commit.firstVersion, position: LogPosition(owner.partition, reference.offset),
                        events: commit.events, isReplay: true))
            } catch {
                let reason = Reason(error).preceded(by: "the command was committed before, but its outcome cannot be read back")
                owner.logger.warning("a command to '\(stream)' cannot be answered", metadata: ["reason": "\(reason.full)"])
                outcome = .unavailable(reason.told)
            }
            await owner.answer(ticket, outcome)
        }
    }
}

extension Record {
    fileprivate var commit: Commit? { if case .commit(let commit) = self { commit } else { nil } }
}

extension LogError {
    /// The error itself where it is one, else as the cause of an unavailable log.
    init(wrapping error: any Error, _ message: String) {
        self = error as? LogError ?? LogError(.unavailable, message, underlying: error)
    }
}
