import EventLog

/// What stands in an owners' topic.
enum OwnerRecord: Hashable, Sendable {
    /// Who writes a partition.
    case ownership(Ownership)
    /// An instance is there, and can take partitions.
    case presence(instance: String, url: String, home: String? = nil)
    /// An instance is gone, or will take no more partitions: its key with an empty value, which compaction may remove.
    case absence(instance: String)

    struct Ownership: Hashable, Sendable {
        var announcement: OwnerAnnouncement
        /// The instance that should claim the partition, as its owner wants to leave. The owner goes on deciding until then.
        var successor: String?
        /// The owner has stopped writing the partition.
        var isWithdrawn = false
    }

    /// The key under which compaction keeps the newest.
    var key: String {
        switch self {
        case .ownership(let ownership): ownership.announcement.partition.description
        case .presence(let instance, _, _), .absence(let instance): Self.instancePrefix + instance
        }
    }

    static let instancePrefix = "instance/"
}
