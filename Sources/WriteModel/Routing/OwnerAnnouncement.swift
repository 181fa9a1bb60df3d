public import EventLog

/// Who writes a partition and where it is reached, as its winner has announced it. Like all routing it is a hint: whoever receives a command
/// finds out for itself whether it owns the partition.
public struct OwnerAnnouncement: Hashable, Sendable {
    public let partition: TopicPartition
    /// Of the claim that was won; of two announcements the higher epoch is the newer.
    public let epoch: Epoch
    /// Names the process, as in its claims.
    public let instance: String
    /// Where other instances reach it: `http://10.0.0.7:8080`.
    public let url: String
    /// Names the place in which the process runs, beyond its life: a later one with the same home knows that this one has ended. Nil where it
    /// has none.
    public let home: String?

    public init(partition: TopicPartition, epoch: Epoch, instance: String, url: String, home: String? = nil) {
        self.partition = partition
        self.epoch = epoch
        self.instance = instance
        self.url = url
        self.home = home
    }
}
