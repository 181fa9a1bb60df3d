public import EventLog

extension OwnerTopic {
    /// What the owners' topic of a context says now of each partition's owner; empty where there is no such topic. For tools that look once.
    public static func announcements(of context: Topic, in log: any EventLog) async throws -> [OwnerAnnouncement] {
        guard try await log.partitionCount(of: context.owners) != nil else { return [] }
        let place = TopicPartition(context.owners, Partition(0))
        let bounds = try await log.bounds(of: place)
        guard !bounds.isEmpty else { return [] }
        let reader = try await log.makeReader(of: place, from: bounds.lowerBound)
        var table = OwnerTable()
        var partitions: Set<TopicPartition> = []
        do {
            var next = bounds.lowerBound
            while next < bounds.upperBound {
                let batch = try await reader.next(maximumBytes: 1 << 20)
                for entry in batch.entries {
                    next = entry.offset.next
                    guard let record = OwnerRecord(entry) else { continue }
                    _ = table.apply(record, heard: entry.storedAt)
                    if case .ownership(let ownership) = record { partitions.insert(ownership.announcement.partition) }
                }
            }
            await reader.close()
        } catch {
            await reader.close()
            throw error
        }
        return partitions.compactMap(table.owner(of:)).sorted { $0.partition.partition < $1.partition.partition }
    }
}
