import EventLog
import EventModel
import Synchronization
import Testing

/// The newest claim is found without reading the partition.
@Suite struct NewestClaimTests {
    private let place = TopicPartition("ordering", Partition(0))

    private func log(_ records: [Record]) async throws -> CountingLog {
        let log = InMemoryLog()
        try await log.createTopic(place.topic, partitions: 1)
        let producer = try await log.makeProducer()
        for record in records { producer.append(LogRecord(key: [], value: record.encoded[...]), to: place) { _ in } }
        return CountingLog(log)
    }

    @Test func thereIsNoneInAnEmptyPartition() async throws {
        #expect(try await log([]).newestClaim(of: place) == nil)
    }

    @Test(arguments: [1, 63, 64, 65, 1000, 5000]) func isFoundInFewReads(_ commits: Int64) async throws {
        var records: [Record] = []
        for epoch in [3, 7, 9] as [Int64] {
            records.append(Samples.claim(epoch))
            records += (1...commits).map { Samples.commit(epoch, $0) }
        }
        let log = try await log(records)
        let newest = try await log.newestClaim(of: place)
        #expect(newest?.epoch == Epoch(9) && newest?.claim?.writer == "writer-9")
        #expect(log.reads <= 17, "\(log.reads) reads of \(records.count) records")
    }

    /// A deposed writer's records, and a claim that came too late, have lower epochs.
    @Test func whatIsVoidDoesNotMislead() async throws {
        var records = [Samples.claim(3)] + (1...300).map { Samples.commit(3, $0) }
        records += [Samples.claim(7), Samples.claim(6)] + (301...340).map { Samples.commit(3, $0) }
        #expect(try await log(records).newestClaim(of: place)?.claim?.writer == "writer-7")
        records += (1...500).flatMap { [Samples.commit(7, $0), Samples.commit(3, 340 + $0)] }
        #expect(try await log(records).newestClaim(of: place)?.claim?.writer == "writer-7")
    }

    @Test func anEpochWithoutItsClaimIsTold() async throws {
        let newest = try await log((1...10).map { Samples.commit(4, $0) }).newestClaim(of: place)
        #expect(newest?.epoch == Epoch(4) && newest?.claim == nil)
    }
}

/// Counts how often it is read.
private final class CountingLog: EventLog {
    private let log: InMemoryLog
    private let count = Mutex(0)

    var reads: Int { count.withLock { $0 } }

    init(_ log: InMemoryLog) { self.log = log }

    func partitionCount(of topic: Topic) async throws(LogError) -> Int? { try await log.partitionCount(of: topic) }
    func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) { try await log.createTopic(topic, settings) }
    func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? { try await log.describe(topic) }
    func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> { try await log.bounds(of: partition) }
    func makeProducer() async throws(LogError) -> any LogProducer { try await log.makeProducer() }
    func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership { try await log.join(group: group, topic: topic) }

    func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        count.withLock { $0 += 1 }
        return try await log.makeReader(of: partition, from: offset)
    }
}
