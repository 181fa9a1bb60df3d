public import EventLog

/// Who writes a partition, as an instance sees it.
public struct PartitionOwnership: Sendable {
    public let partition: TopicPartition
    /// Of the claim by which this instance writes the partition; nil where it does not.
    public let epoch: Epoch?
    /// Why this instance does not write it, for operators.
    public let reason: String?
    /// How far this instance has come in reading the partition, where it is about to write it.
    public let reading: ReadingProgress?
    /// The writer whose claim has taken it from this instance; nil where none has.
    public let successor: String?
    /// Whether it does not write it because the log's file was removed, replaced or overwritten.
    public let isLogDisplaced: Bool
    /// Which other instance writes it, where this one does not and the other has announced itself and is not known to have ended.
    public let announced: OwnerAnnouncement?

    public var isOwner: Bool { epoch != nil }
}
