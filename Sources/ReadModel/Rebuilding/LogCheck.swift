import EventLog

/// Whether stored positions are of the log that is there.
struct LogCheck: Sendable {
    let log: any EventLog
    let topic: Topic

    /// False where the log was truncated or recreated since.
    func holds(_ positions: [Partition: ChainPosition]) async throws -> Bool {
        for (number, position) in positions where position != .beginning {
            let partition = TopicPartition(topic, number)
            guard try await log.bounds(of: partition).contains(position.offset) else { return false }
            var fold = ChainFold(partition, after: position)
            let entries = try await log.read(partition, position.offset..<position.offset.next)
            do throws(LogError) {
                _ = try fold.admit(LogBatch(entries: entries, end: position.offset.next))
            } catch {
                if error.code == .truncated { return false }
                throw error
            }
        }
        return true
    }
}
