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

    /// The valid claims after a position, up to the end as it is now, oldest first.
    func claims(of partition: TopicPartition, after position: ChainPosition) async throws -> [Claim] {
        let end = try await bounds(of: partition).upperBound
        var next = position.offset.next
        guard next < end else { return [] }
        let reader = try await ChainReader(self, partition, after: position)
        var claims: [Claim] = []
        do {
            while next < end {
                let batch = try await reader.next()
                next = batch.next
                claims += batch.records.compactMap { if case .claim(let claim) = $0.record { claim } else { nil } }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return claims
    }
}
