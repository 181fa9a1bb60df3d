import EventLog
import EventModel
import KafkaLog
import Testing

/// Kafka tells no value from an empty one, and the port does not: an empty value is none, a tombstone.
@Suite struct ValueTests {
    @Test(.timeLimit(.minutes(5))) func anEmptyValueIsStoredAsATombstone() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", TopicSettings(partitions: 1, retention: .newestPerKey))
        let producer = try await log.makeProducer()
        #expect(try await producer.append([7], to: partition) == Offset(0))
        #expect(try await producer.append([], to: partition) == Offset(1))
        #expect(try await cluster.perform("record ordering 0 0") == "x01 x07")
        #expect(try await cluster.perform("record ordering 0 1") == "x01 null", "compaction would keep it for ever")
        await log.close()
    }

    /// A compacted topic refuses a record without a key.
    @Test(.timeLimit(.minutes(5))) func anEmptyKeyIsStillAKey() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let report = AsyncStream.makeStream(of: Result<Offset, LogError>.self)
        producer.append(LogRecord(key: [], value: [7]), to: partition) { report.continuation.yield($0) }
        var reports = report.stream.makeAsyncIterator()
        #expect(await reports.next()?.offset == Offset(0))
        #expect(try await cluster.perform("record ordering 0 0") == "x x07")
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func whatOthersStoreWithoutKeyOrValueIsReadAsEmpty() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        for record in ["x01 x02", "x01 null", "null x02", "x01 x", "null null", "x x03"] {
            try await cluster.perform("append ordering 0 \(record)")
        }
        let entries = try await log.entries(of: partition)
        #expect(entries.map { [UInt8]($0.key) } == [[1], [1], [], [1], [], []])
        #expect(entries.map { [UInt8]($0.value) } == [[2], [], [2], [], [], [3]])
        #expect(entries.map(\.offset) == (0..<6).map { Offset($0) })
        await log.close()
    }
}
