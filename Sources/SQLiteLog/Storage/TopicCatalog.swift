import EventLog
import GRDB
import Synchronization

/// The topics of a file. A topic never changes once it is there, so one lookup lasts.
final class TopicCatalog: Sendable {
    struct Entry: Sendable {
        let first: Int64
        let partitions: Int
    }

    private let known = Mutex<[Topic: Entry]>([:])

    /// Nil where the topic does not exist.
    func entry(for topic: Topic, in db: Database) throws -> Entry? {
        if let entry = known.withLock({ $0[topic] }) { return entry }
        let row = try Row.fetchOne(
            db, cached: "SELECT first, partitions FROM topics WHERE name = ?", [topic.name])
        guard let row else { return nil }
        let entry = Entry(first: row[0], partitions: row[1])
        known.withLock { $0[topic] = entry }
        return entry
    }

    /// - Throws: `topicMissing`, `partitionOutOfRange`.
    func key(of partition: TopicPartition, in db: Database) throws -> PartitionKey {
        guard let entry = try entry(for: partition.topic, in: db) else {
            throw LogError(.topicMissing, "the log has no topic '\(partition.topic)'")
        }
        let index = Int(partition.partition.rawValue)
        guard (0..<entry.partitions).contains(index) else {
            throw LogError(.partitionOutOfRange, "topic '\(partition.topic)' has \(entry.partitions) partitions and no \(index)")
        }
        return PartitionKey(number: entry.first + Int64(index))
    }

    /// Inside a transaction.
    ///
    /// - Throws: `topicExists`; `misconfigured` where the file cannot hold so many partitions.
    func insert(_ topic: Topic, partitions: Int, in db: Database) throws {
        guard try entry(for: topic, in: db) == nil else { throw LogError(.topicExists, "topic '\(topic)' exists already") }
        let first = try Int.fetchOne(db, sql: "SELECT coalesce(max(first + partitions), 0) FROM topics") ?? 0
        guard partitions <= PartitionKey.maximumCount - first else {
            throw LogError(
                .misconfigured,
                "topic '\(topic)' cannot have \(partitions) partitions: a log file holds \(PartitionKey.maximumCount) in all and has \(first)")
        }
        try db.execute(
            sql: "INSERT INTO topics (name, first, partitions) VALUES (?, ?, ?)", arguments: [topic.name, first, partitions])
    }
}

extension Row {
    fileprivate static func fetchOne(_ db: Database, cached sql: String, _ arguments: StatementArguments) throws -> Row? {
        try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }
}
