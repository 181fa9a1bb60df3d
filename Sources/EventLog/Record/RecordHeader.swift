/// The part of a record that the chain rule looks at.
public enum RecordHeader: Hashable, Sendable {
    case claim(Epoch)
    case commit(Epoch, CommitSequence)
}
