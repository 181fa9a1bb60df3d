public import EventModel
import Synchronization

/// A log in memory: the port's twin for tests, and the shortest adapter to read.
public final class InMemoryLog: EventLog {
    private let topics = Mutex<[Topic: [InMemoryPartition]]>([:])
    private let groups: InMemoryGroups?
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - groups: who coordinates its groups' members; where nobody does, each member should work on every partition.
    ///   - now: the clock that stamps stored records.
    public init(groups: InMemoryGroups? = nil, now: @escaping @Sendable () -> Timestamp = { Timestamp(microseconds: 0) }) {
        self.groups = groups
        self.now = now
    }

    public func partitionCount(of topic: Topic) async throws(LogError) -> Int? {
        topics.withLock { $0[topic]?.count }
    }

    public func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        let partitions = settings.partitions
        guard partitions > 0 else { throw LogError(.misconfigured, "a topic has at least one partition") }
        let isNew = topics.withLock { topics in
            guard topics[topic] == nil else { return false }
            topics[topic] = (0..<partitions).map { _ in InMemoryPartition() }
            return true
        }
        guard isNew else { throw LogError(.topicExists, "topic '\(topic)' exists already") }
    }

    public func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? {
        try await partitionCount(of: topic).map { TopicDescription(partitions: $0) }
    }

    public func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> {
        .zero..<(try find(partition)).end
    }

    public func makeProducer() async throws(LogError) -> any LogProducer {
        InMemoryProducer(log: self)
    }

    public func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        let found = try find(partition)
        guard offset >= .zero, offset <= found.end else {
            throw LogError(.truncated, "\(partition) holds offsets 0..<\(found.end), so it cannot be read from \(offset)")
        }
        return InMemoryReader(found, from: offset)
    }

    public func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership {
        let count = try await partitions(of: topic)
        return groups?.join(group, partitions: count) ?? SoleMember(partitions: count)
    }

    fileprivate func append(_ record: LogRecord, to partition: TopicPartition) throws(LogError) -> Offset {
        try find(partition).append(record, at: now())
    }

    private func find(_ partition: TopicPartition) throws(LogError) -> InMemoryPartition {
        guard let partitions = topics.withLock({ $0[partition.topic] }) else {
            throw LogError(.topicMissing, "the log has no topic '\(partition.topic)'")
        }
        let index = Int(partition.partition.rawValue)
        guard partitions.indices.contains(index) else {
            throw LogError(.partitionOutOfRange, "topic '\(partition.topic)' has \(partitions.count) partitions and no \(index)")
        }
        return partitions[index]
    }
}

private final class InMemoryProducer: LogProducer {
    private let log: InMemoryLog
    private let isClosed = Mutex(false)

    init(log: InMemoryLog) { self.log = log }

    func append(
        _ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void
    ) {
        guard !isClosed.withLock({ $0 }) else {
            report(.failure(LogError(.closed, "cannot append to \(partition): the producer is closed")))
            return
        }
        do throws(LogError) {
            report(.success(try log.append(record, to: partition)))
        } catch {
            report(.failure(error))
        }
    }

    func close() async { isClosed.withLock { $0 = true } }
}
