import DequeModule
import EventLog
import EventModel

/// What the log says when it is read.
extension PartitionWriter {
    mutating func read(_ reading: ReadingID, _ batch: ChainBatch, at now: Timestamp) {
        guard reading == currentReading else { return }
        if batch.voids > 0 { actions.append(.passedVoid(batch.voids)) }
        position = batch.position
        lastOffset = Offset(batch.next.rawValue - 1)
        var foreign: [ChainedRecord] = []
        for record in batch.records {
            switch record.record {
            case .claim(let claim):
                standing = claim
                guard claim.partitions == Int32(partitionCount) else {
                    stepDown(by: nil, reason: partitionCountChanged(claim, at: record.offset))
                    return
                }
                if claim.writer != writer && isDeposable {
                    stepDown(by: claim, reason: reason(of: claim))
                    return
                }
            case .commit(let commit):
                if let oldest = pending.first(where: { $0.commit != nil })?.commit, commit.epoch == oldest.epoch,
                    commit.sequence == oldest.sequence, commit.commandID == oldest.commandID, commit.stream == oldest.stream
                {
                    settleOldest(at: record.offset)
                } else {
                    foreign.append(record)
                }
            }
        }
        guard !foreign.isEmpty else { return }
        guard !isDeposable else {
            stepDown(by: nil, reason: "\(partition) has commits of epoch \(position.chain.epoch) that this writer does not know")
            return
        }
        unfolded = ((unfolded?.commits ?? []) + foreign, position)
        fold()
    }

    private mutating func fold() {
        guard folding == nil, let (commits, position) = unfolded else { return }
        unfolded = nil
        folding = position
        actions.append(.fold(commits, position))
    }

    mutating func readEnded(_ reading: ReadingID, at now: Timestamp) {
        guard reading == currentReading else { return }
        switch phase {
        case .catchingUp(let purpose, _, _):
            phase = .catchingUp(purpose, reading, .read)
            goOn(at: now)
        case .confirming(let purpose, let claimed, _, _):
            phase = .confirming(purpose, claimed, reading, .read)
            goOn(at: now)
        case .verifying(_, let sequence):
            guard position.chain.epoch == epoch, position.chain.sequence >= sequence else {
                recover(LogError(.unavailable, "commit \(sequence) of epoch \(epoch) on \(partition) is void: one before it was lost"))
                return
            }
            phase = .owning
            decideWaiting(at: now)
            while phase == .owning, let (sequence, offset) = laterReports.popFirst() { commitReported(sequence, offset, at: now) }
        case .idle, .claiming, .owning, .backingOff:
            break
        }
    }

    mutating func readFailed(_ reading: ReadingID, _ error: LogError) {
        guard reading == currentReading else { return }
        switch phase {
        case .catchingUp(let purpose, _, _), .confirming(let purpose, _, _, _): retreat(purpose, error)
        case .verifying: retreat(.recovery, error)
        case .idle, .claiming, .owning, .backingOff: break
        }
    }

    mutating func folded(_ position: ChainPosition, at now: Timestamp) {
        guard folding == position else { return }
        folding = nil
        fold()
        goOn(at: now)
    }

    mutating func foldFailed(_ position: ChainPosition, _ reason: Reason) {
        guard folding == position else { return }
        stepDown(by: nil, reason: reason)
    }

    /// Once all is read and folded: on to the claim, or to owning.
    private mutating func goOn(at now: Timestamp) {
        guard folding == nil else { return }
        switch phase {
        case .catchingUp(_, _, .read) where lostStore != nil, .confirming(_, _, _, .read) where lostStore != nil:
            stepDown(by: nil, reason: "\(lostStore ?? "")")
        case .catchingUp(let purpose, _, .read):
            claim(purpose, at: now)
        case .confirming(let purpose, let claimed, _, .read):
            if position.chain.epoch == claimed, standing?.epoch == claimed, standing?.writer == writer {
                own(claimed, at: now)
            } else {
                backOff(purpose)  // another's claim was faster
            }
        default:
            break
        }
    }

    private var currentReading: ReadingID? {
        switch phase {
        case .catchingUp(_, let reading, _), .confirming(_, _, let reading, _), .verifying(let reading, _): reading
        case .idle, .claiming, .owning, .backingOff: nil
        }
    }

    /// Whether another's claim ends what this writer is doing.
    var isDeposable: Bool {
        switch phase {
        case .owning, .verifying, .catchingUp(.recovery, _, _), .claiming(.recovery, _), .confirming(.recovery, _, _, _),
            .backingOff(.recovery):
            true
        case .idle, .catchingUp(.assignment, _, _), .claiming(.assignment, _), .confirming(.assignment, _, _, _), .backingOff(.assignment):
            false
        }
    }

    /// Why another's claim ends what this writer does.
    func reason(of claim: Claim) -> Reason {
        let deed = "has claimed \(partition) with epoch \(claim.epoch)"
        return Reason(told: "another instance \(deed)", full: "'\(claim.writer)' \(deed)")
    }

    private func partitionCountChanged(_ claim: Claim, at offset: Offset) -> Reason {
        """
        topic '\(partition.topic)' has \(partitionCount) partitions, but \(partition)@\(offset) was written when it had \
        \(claim.partitions): streams would change partition. Restore the count, or copy the events to a new topic
        """
    }
}
