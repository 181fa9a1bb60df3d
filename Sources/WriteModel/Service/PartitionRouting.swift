import EventLog

/// What a partition's owner tells of itself, and asks about others.
struct PartitionRouting: Sendable {
    private let topic: OwnerTopic?
    /// Of who writes what.
    private let changes: ChangeSignal

    init(_ topic: OwnerTopic?, changes: ChangeSignal) {
        self.topic = topic
        self.changes = changes
    }

    /// Whether what this instance does not own can be forwarded.
    var isForwarding: Bool { topic != nil }

    func isOwnedElsewhere(_ partition: TopicPartition) -> Bool { topic?.isOwnedElsewhere(partition) ?? false }

    func won(_ partition: TopicPartition, _ epoch: Epoch) {
        topic?.won(partition, epoch: epoch)
        changes.advance()
    }

    func lost(_ partition: TopicPartition, isDeposed: Bool) {
        topic?.lost(partition, isDeposed: isDeposed)
        changes.advance()
    }
}
