import EventLog

extension EventLog {
    /// Reads one commit back.
    func commit(_ partition: TopicPartition, _ reference: CommitReference) async throws -> Commit {
        let entries = try await read(partition, reference.offset..<reference.offset.next)
        guard let entry = entries.first, case .commit(let commit) = try Record(encoded: entry.value),
            commit.commandID == reference.commandID
        else {
            throw LogError(.corrupt, "\(partition)@\(reference.offset) is not the commit that was stored there")
        }
        return commit
    }
}
