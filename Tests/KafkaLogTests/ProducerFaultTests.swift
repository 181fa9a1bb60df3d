import EventLog
import EventModel
import KafkaLog
import Testing

@Suite struct ProducerFaultTests {
    /// Where an outcome is to become unknown: longer than the machine takes over what is to go well.
    private static let impatient = ["message.timeout.ms": "10000"]

    /// Errors that the protocol has retried: the records land once, in order.
    @Test(.timeLimit(.minutes(5)), arguments: ["6", "7", "19,6,56", "3"])
    func retriableErrorsAreNotSeen(errors: String) async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([255], to: partition)
        try await cluster.perform("errors 0 \(errors)")
        let results = await producer.appendAll((0..<50).map { [UInt8($0)] }, to: partition)
        #expect(results.map(\.offset) == (1...50).map { Offset($0) })
        #expect(try await log.entries(of: partition).map { $0.value.first } == [255] + (0..<50).map { UInt8($0) })
        await log.close()
    }

    /// Errors that end the producer: the outcome is unknown, later appends fail at once, and a fresh producer goes on.
    @Test(.timeLimit(.minutes(5)), arguments: ["13", "29", "45,45,45", "47,47,47", "87"])
    func afterAFailedDeliveryTheProducerIsDone(errors: String) async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(Self.impatient)
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([255], to: partition)
        try await cluster.perform("errors 0 \(errors)")
        let first = await producer.appendAll([[1]], to: partition)
        try #require(first.count == 1)
        // Some of these librdkafka can mend with a new producer epoch.
        guard let failure = first[0].failure else {
            #expect(first[0].offset == Offset(1))
            return await log.close()
        }
        #expect(!failure.isCertainlyNotStored)
        let later = await producer.appendAll([[2], [3]], to: partition)
        #expect(later.allSatisfy { $0.failure.map { !$0.isCertainlyNotStored } ?? false })
        await producer.close()
        try await cluster.perform("clear-errors 0")
        let next = try await log.makeProducer()
        let offset = try await next.append([4], to: partition)
        let entries = try await log.entries(of: partition)
        #expect(entries.last.map { [UInt8]($0.value) } == [4] && entries.last?.offset == offset)
        #expect(!entries.contains { [2, 3].contains($0.value.first) }, "what failed at once was sent all the same")
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aRecordThatTheBrokerFindsTooLargeDisturbsNoOther() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([1], to: partition)
        try await cluster.perform("errors 0 10")
        await #expect(throws: LogError(.recordTooLarge, "")) { try await producer.append([2], to: partition) }
        #expect(try await producer.append([3], to: partition) == Offset(1))
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aRecordBeyondTheClientsLimitIsRefusedAndNothingElse() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["message.max.bytes": "10000"])
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let results = await producer.appendAll([[1], Array(repeating: 2, count: 20_000), [3]], to: partition)
        #expect(results.map(\.offset) == [Offset(0), nil, Offset(1)])
        #expect(results[1].failure?.code == .recordTooLarge)
        await log.close()
    }

    /// The first appends wait until it is known whether their partition exists; their order stays.
    @Test(.timeLimit(.minutes(5))) func aMissingPartitionDisturbsNoOther() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await cluster.perform("topic ordering 2")  // which the log has not seen
        let producer = try await log.makeProducer()
        let reports = AsyncStream.makeStream(of: (Int, Result<Offset, LogError>).self)
        let targets = [("ordering", 0), ("ordering", 2), ("ordering", 0), ("nowhere", 0), ("ordering", 1), ("ordering", 0)]
        for (index, target) in targets.enumerated() {
            producer.append(
                LogRecord(key: [], value: [UInt8(index)]), to: TopicPartition(Topic(target.0), Partition(Int32(target.1)))
            ) { reports.continuation.yield((index, $0)) }
        }
        var iterator = reports.stream.makeAsyncIterator()
        for index in targets.indices {
            let report = try #require(await iterator.next())
            #expect(report.0 == index)
            switch index {
            case 1: #expect(report.1.failure?.code == .partitionOutOfRange)
            case 3: #expect(report.1.failure?.code == .topicMissing)
            default: #expect(report.1.offset != nil)
            }
        }
        #expect(try await log.entries(of: partition).map { $0.value.first } == [0, 2, 5])
        await log.close()
    }

    /// The answers come later than the producer waits, while the records are stored: an unknown outcome, which the chain rule makes definite.
    @Test(.timeLimit(.minutes(5))) func anUnknownOutcomeIsSettledByTheNextClaim() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(Self.impatient)
        try await log.createTopic("ordering", partitions: 1)
        let first = try await log.makeProducer()
        _ = try await first.append(Chain.claim(1), to: partition)
        try await cluster.perform("delay 1 30000")
        let results = await first.appendAll([Chain.commit(1, 1), Chain.commit(1, 2)], to: partition)
        #expect(results.map { $0.failure?.code } == [.timedOut, .timedOut])
        #expect(results.allSatisfy { !($0.failure?.isCertainlyNotStored ?? true) })
        try await cluster.perform("delay 1 0")
        await first.close()

        let second = try await log.makeProducer()
        let claim = try await second.append(Chain.claim(2), to: partition)
        let settled = try await log.read(partition, .zero..<claim.next)
        #expect(settled.count > 2, "the records whose outcome was unknown were stored in this test")
        let landed = Chain.valid(settled)
        // Whatever is still under way comes behind the claim, and is void.
        _ = try await second.append(Chain.commit(1, 2), to: partition)
        let commit = try await second.append(Chain.commit(2, 1), to: partition)
        #expect(Chain.valid(try await log.entries(of: partition)) == landed + [commit])
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aShortOutageIsNotSeen() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([0], to: partition)
        try await cluster.perform("down 1")
        async let results = producer.appendAll((1...50).map { [UInt8($0)] }, to: partition)
        try await cluster.perform("up 1")
        #expect(await results.map(\.offset) == (1...50).map { Offset($0) })
        #expect(try await log.entries(of: partition).map { $0.value.first } == (0...50).map { UInt8($0) })
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aLongOutageIsAnUnknownOutcomeSoon() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(Self.impatient)
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([0], to: partition)
        try await cluster.perform("down 1")
        let clock = ContinuousClock()
        let began = clock.now
        let results = await producer.appendAll((1...50).map { [UInt8($0)] }, to: partition)
        #expect(results.allSatisfy { $0.failure.map { $0.isRetriable && !$0.isCertainlyNotStored } ?? false })
        #expect(clock.now - began < .seconds(40))
        await producer.close()
        try await cluster.perform("up 1")
        // A caller's retry: with a fresh producer until one gets through.
        var landed: Offset?
        while landed == nil {
            let next = try await log.makeProducer()
            landed = try? await next.append([99], to: partition)
            await next.close()
        }
        #expect(try await log.entries(of: partition).last?.value.first == 99)
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func closingDuringAnOutageReportsEverythingInOrder() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["message.timeout.ms": "60000"])
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([0], to: partition)
        try await cluster.perform("down 1")
        let reports = AsyncStream.makeStream(of: (Int, LogError.Code?).self)
        for index in 0..<100 {
            producer.append(LogRecord(key: [], value: [1]), to: partition) { reports.continuation.yield((index, $0.failure?.code)) }
        }
        await producer.close()
        reports.continuation.finish()
        var reported: [Int] = []
        for await (index, code) in reports.stream {
            reported.append(index)
            #expect(code == .closed)
        }
        #expect(reported == Array(0..<100))
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func leadersThatMoveAreFollowed() async throws {
        let cluster = try MockCluster(brokers: 3)
        let log = try cluster.openLog()
        try await log.createTopic("ordering", TopicSettings(partitions: 1, replicas: 3))
        let producer = try await log.makeProducer()
        let reader = try await log.makeReader(of: partition, from: .zero)
        for round in 0..<12 {
            try await cluster.perform("leader ordering 0 \(round % 3 + 1)")
            #expect(try await producer.append([UInt8(round)], to: partition) == Offset(Int64(round)))
            #expect(try await reader.values(1) == [[UInt8(round)]])
        }
        await reader.close()
        await log.close()
    }
}
