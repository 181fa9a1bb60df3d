extension EventLog {
    /// That partitions were added to a topic after it was written, and what to do; nil where none were.
    ///
    /// A claim carries the partition count of its time, and a partition's first record is a claim.
    public func partitionCountChange(of topic: Topic) async throws -> String? {
        let count = try await partitions(of: topic)
        for partition in Partition.all(of: count) {
            let place = TopicPartition(topic, partition)
            let first = try await bounds(of: place)
            guard !first.isEmpty, let entry = try await read(place, first.lowerBound..<first.lowerBound.next).first,
                case .claim(let claim)? = try? Record(encoded: entry.value), claim.partitions != Int32(count)
            else { continue }
            return "it has \(count) partitions and was written when it had \(claim.partitions): a stream's partition follows from the "
                + "count, so streams would be torn apart; copy the events into a new topic of \(count) partitions, or go back to "
                + "one of \(claim.partitions)"
        }
        return nil
    }
}
