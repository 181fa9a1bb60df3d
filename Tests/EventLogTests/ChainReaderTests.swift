import EventLog
import EventModel
import Testing

@Suite struct ChainReaderTests {
    private let log = InMemoryLog()
    private let partition = TopicPartition("ordering", Partition(0))

    private func append(_ records: [Record]) async throws {
        if try await log.partitionCount(of: partition.topic) == nil { try await log.createTopic(partition.topic, partitions: 1) }
        let producer = try await log.makeProducer()
        for record in records { producer.append(LogRecord(key: [], value: record.encoded[...]), to: partition) { _ in } }
        await producer.close()
    }

    @Test func resumedAtTheEndItSaysSoAtOnce() async throws {
        try await append([Samples.claim(1), Samples.commit(1, 1)])
        let position = ChainPosition(offset: Offset(1), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(1)))
        let reader = try await ChainReader(log, partition, after: position)
        let batch = try await reader.next()
        #expect(batch.records.isEmpty && batch.next == batch.end && batch.position == position)
    }

    @Test func resumedBeforeTheEndItSkipsOnlyTheRecordItKnows() async throws {
        try await append([Samples.claim(1), Samples.commit(1, 1), Samples.commit(1, 2)])
        let reader = try await ChainReader(log, partition, after: ChainPosition(offset: Offset(0), chain: ChainRule(epoch: Epoch(1))))
        // A budget of one record: the first read has only the known one, and the caller does not see it.
        let batch = try await reader.next(maximumBytes: 1)
        #expect(batch.records.map(\.offset) == [Offset(1)])
    }

    @Test func aPositionBeyondTheEndIsRefused() async throws {
        try await append([Samples.claim(1)])
        await #expect(throws: LogError(.truncated, "")) {
            _ = try await ChainReader(log, partition, after: ChainPosition(offset: Offset(1), chain: ChainRule(epoch: Epoch(1))))
        }
    }

    @Test func aMissingTopicIsSaid() async throws {
        await #expect(throws: LogError(.topicMissing, "")) { _ = try await ChainReader(log, partition, after: .beginning) }
    }
}
