import EventLog
import EventModel
import Testing

/// Whether a topic has the partitions that it was written with.
@Suite struct HistoryPartitionsTests {
    private let log = InMemoryLog()

    private func claim(_ partition: Int32, partitions: Int32) async throws {
        let record = Record.claim(Claim(epoch: Epoch(1), writer: "w", at: Timestamp(microseconds: 0), partitions: partitions))
        let producer = try await log.makeProducer()
        _ = try await withCheckedThrowingContinuation { continuation in
            producer.append(LogRecord(key: [], value: Bytes(record.encoded)), to: TopicPartition("ordering", Partition(partition))) {
                continuation.resume(with: $0)
            }
        }
    }

    @Test func aTopicThatIsEmptyOrAsItWasWrittenIsRight() async throws {
        try await log.createTopic("ordering", partitions: 4)
        #expect(try await log.historyPartitions(of: "ordering") == 4)
        try await claim(2, partitions: 4)
        #expect(try await log.historyPartitions(of: "ordering") == 4)
    }

    @Test func addedPartitionsAreToldWithWhatToDo() async throws {
        try await log.createTopic("ordering", partitions: 4)
        try await claim(1, partitions: 2)
        #expect(try await log.partitionCountChange(of: "ordering") == PartitionCountChange(topic: "ordering", count: 4, written: 2))
        let error = await #expect(throws: LogError.self) { try await log.historyPartitions(of: "ordering") }
        #expect(error?.code == .misconfigured && error?.isRetriable == false)
        #expect(error?.message.contains("has 4 partitions and was written when it had 2") == true, "\(String(describing: error))")
    }

    @Test func aMissingTopicIsToldAsMissing() async throws {
        await #expect(throws: LogError(.topicMissing, "")) { try await log.historyPartitions(of: "nowhere") }
    }
}
