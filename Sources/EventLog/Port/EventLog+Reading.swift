extension EventLog {
    /// The entries with the offsets of `range`, which must be in the log.
    public func read(_ partition: TopicPartition, _ range: Range<Offset>) async throws -> [LogEntry] {
        guard !range.isEmpty else { return [] }
        let reader = try await makeReader(of: partition, from: range.lowerBound)
        // For a single record, as of one commit of a stream, not thousands behind it.
        let bytes = min(1 << 20, (range.upperBound.rawValue - range.lowerBound.rawValue) * 1024)
        do {
            var entries: [LogEntry] = []
            while entries.last.map({ $0.offset.next < range.upperBound }) ?? true {
                entries += try await reader.next(maximumBytes: Int(bytes)).entries.prefix { $0.offset < range.upperBound }
            }
            await reader.close()
            return entries
        } catch {
            await reader.close()
            throw error
        }
    }

    /// The partitions of a topic that must exist.
    ///
    /// - Throws: `topicMissing`.
    public func partitions(of topic: Topic) async throws(LogError) -> Int {
        guard let count = try await partitionCount(of: topic) else {
            throw LogError(.topicMissing, "the log has no topic '\(topic)'; create it, or let the writing side start first")
        }
        return count
    }

    /// Makes a topic that keeps everything.
    public func createTopic(_ topic: Topic, partitions: Int) async throws(LogError) {
        try await createTopic(topic, TopicSettings(partitions: partitions))
    }

    /// Makes the topic unless it exists, and tells how many partitions it has.
    public func ensureTopic(_ topic: Topic, partitions: Int) async throws(LogError) -> Int {
        try await ensureTopic(topic, TopicSettings(partitions: partitions))
    }

    /// Makes the topic unless it exists, and tells how many partitions it has.
    public func ensureTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) -> Int {
        if let count = try await partitionCount(of: topic) { return count }
        do throws(LogError) {
            try await createTopic(topic, settings)
        } catch {
            guard error.code == .topicExists else { throw error }  // somebody was faster
        }
        return try await self.partitions(of: topic)
    }
}
