public import EventLog

/// Knows who owns each partition of a context: what to follow when a command belongs elsewhere.
public protocol OwnerDirectory: Sendable {
    /// The newest announcement for the partition; nil where there is none, or its owner has taken it back without a successor.
    func owner(of partition: TopicPartition) -> OwnerAnnouncement?

    /// A request did not find the announced instance where it is said to be.
    func missed(_ owner: OwnerAnnouncement)

    /// Returns once the directory says something else about the partition than `known`, at once if it already does, or when cancelled.
    func change(of partition: TopicPartition, from known: OwnerAnnouncement?) async -> OwnerAnnouncement?
}

extension OwnerDirectory {
    public func missed(_ owner: OwnerAnnouncement) {}
}
