import EventLog
import Testing

@testable import KafkaLog

/// How large batches are made, so that no broker refuses them.
@Suite struct BatchLimitTests {
    private func batchSize(_ user: [String: String] = [:], limit: Int?) throws -> String? {
        let settings = try ClientSettings(brokers: ["b:1"], settings: user, clientID: "test").limitingBatches(to: limit)
        #expect(settings.pairs(for: .reader).allSatisfy { $0.name != "batch.size" || user["batch.size"] != nil })
        return settings.pairs(for: .producer).last { $0.name == "batch.size" }?.value
    }

    @Test func theTopicsLimitBoundsTheBatches() throws {
        #expect(try batchSize(limit: nil) == nil)
        #expect(try batchSize(limit: 5_000) == "5000")
        // Librdkafka's own default stays where the topic takes more, and so does what the user wants.
        #expect(try batchSize(limit: 5_000_000) == "1000000")
        #expect(try batchSize(["batch.size": "2000"], limit: 5_000) == "2000")
        #expect(try batchSize(["batch.size": "9000"], limit: 5_000) == "5000")
    }

    @Test func theSmallestTopicCounts() {
        let limit = BatchLimit()
        #expect(limit.bytes == nil)
        limit.wasTold(1_000_000, of: "ordering")
        limit.wasTold(50_000, of: "ordering.owners")
        #expect(limit.bytes == 50_000 - 256)
        limit.wasTold(nil, of: "ordering.owners")
        #expect(limit.bytes == 1_000_000 - 256)
    }

    @Test func aRefusedBatchHalvesWhatComesUntilTheBrokersTellMore() {
        let limit = BatchLimit()
        limit.wasTold(1_000_000, of: "ordering")
        limit.wasRefused(80_000)
        #expect(limit.bytes == 40_000 - 256)
        limit.wasRefused(39_000)
        #expect(limit.bytes == 19_500 - 256)
        limit.wasTold(1_000_000, of: "ordering")
        #expect(limit.bytes == 19_500 - 256)
        limit.wasTold(30_000, of: "ordering")
        #expect(limit.bytes == 30_000 - 256)
        limit.wasRefused(1)
        #expect(limit.bytes == 1)
    }

    /// One refusal is of all that went together, and the next producer sends less at once.
    @Test(.timeLimit(.minutes(5))) func aBatchIsRefusedAsAWhole() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["linger.ms": "200"])
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([1], to: partition)
        try await cluster.perform("errors 0 10")
        let results = await producer.appendAll((0..<20).map { [UInt8($0)] }, to: partition)
        #expect(results.map { $0.failure?.code } == Array(repeating: .recordTooLarge, count: 20))
        await producer.close()
        let next = try await log.makeProducer()
        let landed = await next.appendAll((0..<20).map { [UInt8($0)] }, to: partition)
        #expect(landed.map(\.offset) == (1...20).map { Offset($0) })
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aMemberKnowsHowLongItsGroupIsPatient() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["session.timeout.ms": "9000"])
        try await log.createTopic("ordering", partitions: 1)
        let membership = try await log.join(group: "writers", topic: "ordering")
        #expect(membership.patience == .seconds(9))
        await membership.leave()
        await log.close()
    }
}
