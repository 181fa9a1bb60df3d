import EventLog
import Synchronization

/// Which topics there are, as far as this process has asked.
final class TopicCatalog: Sendable {
    private let control: Client
    private let calls: BlockingCalls
    private let timeout: Int32
    private let known = Mutex<[Topic: Int]>([:])

    init(control: Client, calls: BlockingCalls, timeout: Int32) {
        self.control = control
        self.calls = calls
        self.timeout = timeout
    }

    /// As the brokers tell it now.
    func metadata(of topic: Topic) async throws(LogError) -> TopicMetadata? {
        try await calls.run { [self] () throws(LogError) in try lookUp(topic) }
    }

    /// Whether the topic was seen to have the partition. A topic's partitions can only become more.
    func knows(_ partition: TopicPartition) -> Bool {
        partition.partition.rawValue >= 0
            && known.withLock { ($0[partition.topic] ?? 0) > Int(partition.partition.rawValue) }
    }

    /// - Throws: `topicMissing`, `partitionOutOfRange`.
    func check(_ partition: TopicPartition) async throws(LogError) {
        if knows(partition) { return }
        try await lookUpAndCheck(partition)
    }

    /// As ``check(_:)``, by what the brokers tell now.
    ///
    /// - Throws: `topicMissing`, `partitionOutOfRange`.
    func lookUpAndCheck(_ partition: TopicPartition) async throws(LogError) {
        try verify(partition, try await metadata(of: partition.topic))
    }

    /// As `check`, for those who cannot wait; `answer` is called on another thread.
    func check(_ partition: TopicPartition, answer: @escaping @Sendable (LogError?) -> Void) {
        calls.enqueue { [self] in
            do throws(LogError) {
                try verify(partition, try lookUp(partition.topic))
                answer(nil)
            } catch {
                answer(error)
            }
        }
    }

    func forget(_ topic: Topic) { known.withLock { $0[topic] = nil } }

    private func verify(_ partition: TopicPartition, _ found: TopicMetadata?) throws(LogError) {
        guard let found else { throw LogError(.topicMissing, "Kafka has no topic '\(partition.topic)'; create it first") }
        guard (0..<found.partitions).contains(Int(partition.partition.rawValue)) else {
            throw LogError(
                .partitionOutOfRange, "topic '\(partition.topic)' has \(found.partitions) partitions and no \(partition.partition)")
        }
    }

    private func lookUp(_ topic: Topic) throws(LogError) -> TopicMetadata? {
        let found = try control.metadata(of: topic, timeout: timeout)
        known.withLock { $0[topic] = found?.partitions }
        return found
    }
}
