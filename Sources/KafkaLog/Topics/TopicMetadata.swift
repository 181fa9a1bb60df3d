/// What the brokers tell of a topic.
struct TopicMetadata: Sendable {
    let partitions: Int
    /// Of the partition that has the fewest.
    let replicas: Int
    /// A broker that leads one of the partitions; nil where none does.
    let leader: Int32?
    /// Whether each partition can be appended to and read.
    let hasLeaders: Bool
}
