import EventLog
import EventModel
import Testing

@testable import KafkaLog

@Suite struct ClosingTests {
    @Test(.timeLimit(.minutes(5))) func closingTheLogEndsWaitingReadsAndEverythingElse() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reader = try await log.makeReader(of: partition, from: .zero)
        let waiting = Task { try await reader.next(maximumBytes: 1) }
        await log.close()
        await #expect(throws: LogError(.closed, "")) { _ = try await waiting.value }
        await #expect(throws: LogError(.closed, "")) { _ = try await producer.append([1], to: partition) }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.bounds(of: partition) }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.makeProducer() }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.join(group: "writers", topic: "ordering") }
    }

    /// librdkafka frees a client under the feet of those who ask it something.
    @Test(.timeLimit(.minutes(5))) func questionsThatNobodyAnswersOutliveTheClosing() async throws {
        try await withThrowingTaskGroup { group in
            for round in 0..<20 {
                group.addTask {
                    let log = try KafkaLog(brokers: ["127.0.0.1:1"], clientID: "test", logger: .quiet)
                    await withTaskGroup { group in
                        for _ in 0..<3 {
                            group.addTask {
                                _ = await #expect(throws: LogError.self) { _ = try await log.partitionCount(of: "ordering") }
                            }
                        }
                        group.addTask {
                            for _ in 0..<(round * 5) { await Task.yield() }
                            await log.close()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatIsMadeWhileTheLogClosesIsClosedToo() async throws {
        let cluster = try MockCluster()
        for round in 0..<20 {
            let log = try cluster.openLog()
            _ = try await log.ensureTopic("ordering", partitions: 1)
            let making = Task { try await log.makeProducer() }
            let opening = Task { try await log.makeReader(of: partition, from: .zero) }
            for _ in 0..<(round % 10) { await Task.yield() }
            await log.close()
            await #expect(throws: LogError(.closed, "")) { _ = try await making.value.append([1], to: partition) }
            await #expect(throws: LogError(.closed, "")) { _ = try await opening.value.next(maximumBytes: 1) }
        }
    }
}
