/// The rule by which a partition's log elects its own writer. Every reader folds it, from the first record on, and so all agree on
/// which records count, with no other coordination.
///
/// ```
/// Claim(e)      valid iff  e > epoch                    then epoch = e, sequence = 0
/// Commit(e, s)  valid iff  e == epoch, s == sequence+1  then sequence = s
/// anything else is void
/// ```
/// Before the first claim nothing is valid. A claim of the last epoch that there is would leave none for a successor, and is void.
///
/// `models/partition_writer.pml` is the protocol that rests on it, model-checked.
public struct ChainRule: Hashable, Sendable {
    public private(set) var epoch: Epoch
    public private(set) var sequence: CommitSequence

    public init(epoch: Epoch = .zero, sequence: CommitSequence = .zero) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Folds the next record of the partition and tells whether it is valid. A record without a readable header is void.
    public mutating func admit(_ header: RecordHeader?) -> Bool {
        switch header {
        case .claim(let claimed) where claimed > epoch && claimed < .limit:
            epoch = claimed
            sequence = .zero
            return true
        case .commit(epoch, sequence.next) where epoch > .zero:
            sequence = sequence.next
            return true
        default:
            return false
        }
    }
}
