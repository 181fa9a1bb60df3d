import DequeModule
import EventLog
import EventModel

/// How answers that append nothing are made as true as commits. A commit proves, by landing, that nobody else has written; a refusal proves
/// nothing, and its writer may have been deposed without knowing it. So such an answer waits until the log's end, looked up after the
/// decision, shows only records that this writer has accounted for, or until a commit decided after it is acknowledged, which shows the
/// same. One look covers all answers that wait for it, and the next begins when it is done. Commits wait for none of this.
extension PartitionWriter {
    enum Confirming: Hashable {
        case nothing
        /// The log has been asked for its end.
        case asked(ConfirmationID)
        /// Every record before the end must be accounted for.
        case told(ConfirmationID, end: Offset)
    }

    /// What an answer decided now has to wait for: the next look, since one that is under way may have seen the log before.
    mutating func nextConfirmation() -> ConfirmationID {
        isConfirmationWanted = true
        return ConfirmationID(number: confirmations + 1)
    }

    /// An owner without commands looks whether it still is one.
    mutating func check() {
        guard phase == .owning, confirming == .nothing, commitsInFlight == 0 else { return }
        isConfirmationWanted = true
    }

    mutating func confirmed(_ id: ConfirmationID, _ end: Offset) {
        guard confirming == .asked(id) else { return }
        confirming = .told(id, end: end)
    }

    mutating func confirmFailed(_ id: ConfirmationID, _ error: LogError) {
        guard confirming == .asked(id) else { return }
        confirming = .nothing
        // An owner without commands notices here that its log is gone. A commit in flight will have a report that says so.
        if error.code == .displaced, phase == .owning, commitsInFlight == 0 {
            recover(error)
            return
        }
        let unconfirmed = pending.filter { $0.waits(for: id) }
        guard !unconfirmed.isEmpty else { return }
        pending.removeAll { $0.waits(for: id) }
        for command in unconfirmed { answer(command.waiting, .unavailable(error.explanation)) }
    }

    /// Goes on with the look under way, and begins the next where one is wanted. After each input.
    mutating func goOnConfirming() {
        if case .told(let id, let end) = confirming, phase == .owning {
            if end <= lastOffset.next {
                confirming = .nothing
                lastConfirmed = id
                releaseAnswers()
            } else if commitsInFlight == 0 {
                // No report will tell whose those records are.
                phase = .verifying(startReading(.through(Offset(end.rawValue - 1))), position.chain.sequence)
            }
        }
        guard isConfirmationWanted, isOwner, confirming == .nothing else { return }
        isConfirmationWanted = false
        confirmations += 1
        let id = ConfirmationID(number: confirmations)
        confirming = .asked(id)
        actions.append(.confirm(id))
    }

    /// What was looked up proves nothing about another ownership.
    mutating func endConfirming() {
        confirming = .nothing
        isConfirmationWanted = false
    }

    /// Answers at the front have nothing before them any more.
    mutating func releaseAnswers() {
        while let first = pending.first, case .answer(let outcome, let confirmation) = first.decided,
            confirmation.map({ $0.number <= lastConfirmed.number }) ?? true
        {
            pending.removeFirst()
            answer(first.waiting, outcome(settledPosition))
        }
    }
}

extension PendingCommand {
    fileprivate func waits(for id: PartitionWriter.ConfirmationID) -> Bool {
        if case .answer(_, .some(let confirmation)) = decided { confirmation.number <= id.number } else { false }
    }
}
