extension EventLog {
    /// The partitions of a topic that holds a context's history, which are those that it was written with.
    ///
    /// Whatever finds a stream's partition, or works on all of a topic, asks here.
    ///
    /// - Throws: `topicMissing`; `misconfigured` where the topic was written with another count, with what to do.
    public func historyPartitions(of topic: Topic) async throws -> Int {
        let count = try await partitions(of: topic)
        if let change = try await partitionCountChange(of: topic) { throw change.error }
        return count
    }

    /// That partitions were added to a topic after it was written; nil where none were.
    ///
    /// A claim carries the partition count of its time, and a partition's first record is a claim. The first partition that has one tells: no
    /// other has been claimed since with another count.
    public func partitionCountChange(of topic: Topic) async throws -> PartitionCountChange? {
        let count = try await partitions(of: topic)
        for partition in Partition.all(of: count) {
            let place = TopicPartition(topic, partition)
            let first = try await bounds(of: place)
            guard !first.isEmpty, let entry = try await read(place, first.lowerBound..<first.lowerBound.next).first,
                case .claim(let claim)? = try? Record(encoded: entry.value)
            else { continue }
            return claim.partitions == Int32(count)
                ? nil : PartitionCountChange(topic: topic, count: count, written: Int(claim.partitions))
        }
        return nil
    }
}

/// A topic has another number of partitions than its history was written with, so streams would be sought, and go on, in other ones.
public struct PartitionCountChange: Hashable, Sendable, CustomStringConvertible {
    public let topic: Topic
    /// As the topic is now.
    public let count: Int
    public let written: Int

    public init(topic: Topic, count: Int, written: Int) {
        self.topic = topic
        self.count = count
        self.written = written
    }

    /// What is wrong, and what to do.
    public var description: String {
        "topic '\(topic)' has \(count) partitions and was written when it had \(written): a stream's partition follows from the count, so "
            + "streams would be torn apart; copy the events into a new topic of \(count) partitions, or go back to one of \(written)"
    }

    public var error: LogError { LogError(.misconfigured, description) }
}
