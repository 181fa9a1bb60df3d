import DequeModule
import EventLog
import EventModel

/// How commits in flight become acknowledged.
extension PartitionWriter {
    mutating func reported(_ append: AppendID, _ result: Result<Offset, LogError>, at now: Timestamp) {
        guard append.producer == producer else { return }
        switch (append.content, result) {
        case (.claim(let claimed), _): claimReported(claimed, result)
        case (.commit(let sequence), .success(let offset)): commitReported(sequence, offset, at: now)
        case (.commit(let sequence), .failure(let error)): commitFailed(sequence, error)
        }
    }

    mutating func commitReported(_ sequence: CommitSequence, _ offset: Offset, at now: Timestamp) {
        switch phase {
        case .owning:
            guard sequence > position.chain.sequence else { return }  // read already
            if offset == lastOffset.next && sequence == position.chain.sequence.next {
                // Contiguous: nobody interfered, so it is valid.
                var chain = position.chain
                guard chain.admit(.commit(epoch, sequence)) else { return }
                position = ChainPosition(offset: offset, chain: chain)
                lastOffset = offset
                settleOldest(at: offset)
                decideWaiting(at: now)
            } else {
                phase = .verifying(startReading(.through(offset)), sequence)
            }
        case .verifying:
            laterReports.append((sequence, offset))
        case .idle, .catchingUp, .claiming, .confirming, .backingOff:
            break
        }
    }

    private mutating func commitFailed(_ sequence: CommitSequence, _ error: LogError) {
        guard isOwner else { return }
        if error.code == .recordTooLarge { refusedForSize(sequence) }
        recover(error)
    }

    /// A log takes records in batches, and refuses a batch as a whole. Which record is too large shows only where it was sent alone, so fewer
    /// are in flight from now on until those refused have landed. Where it was alone its answer still waits for the next claim: the refusal may
    /// be of a second attempt, after the first was stored.
    private mutating func refusedForSize(_ sequence: CommitSequence) {
        if phase == .owning, commitsInFlight == 1, let alone = pending.firstIndex(where: { $0.commit?.sequence == sequence }) {
            pending[alone].isTooLarge = true
            window = nil
            suspects = 0
        } else {
            suspects = max(suspects, commitsInFlight)
            window = max(1, commitsInFlight / 2)
        }
    }

    /// Ends the window with the last of the commits that were refused together.
    private mutating func landedWithinWindow() {
        guard window != nil else { return }
        suspects -= 1
        if suspects <= 0 { window = nil }
    }

    /// The oldest commit in flight is in the log and valid: its client, those who repeated it, and the answers that rest on it get theirs.
    mutating func settleOldest(at offset: Offset) {
        while let first = pending.popFirst() {
            switch first.decided {
            case .answer(let outcome, _):
                // Decided before the commit was, and nobody else had written by then.
                answer(first.waiting, outcome(settledPosition))
            case .commit(let commit, let after):
                commitsInFlight -= 1
                landedWithinWindow()
                settled = offset
                let reference = CommitReference(commit, at: offset)
                if streams[commit.stream]?.unsaved.isEmpty == true { dirty.append(commit.stream) }
                streams.update(commit.stream) { $0.settle(reference, after) }
                unsavedCommits += 1
                answer(first.waiting, receipt(commit, offset, isReplay: false))
                for repetition in first.repetitions { answer(repetition, receipt(commit, offset, isReplay: true)) }
                releaseAnswers()
                return
            }
        }
    }

    private func receipt(_ commit: Commit, _ offset: Offset, isReplay: Bool) -> CommandOutcome {
        .committed(
            CommitReceipt(
                stream: commit.stream, firstVersion: commit.firstVersion, position: LogPosition(partition, offset), events: commit.events,
                isReplay: isReplay))
    }
}
