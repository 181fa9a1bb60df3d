import EventLog
import EventModel
import KafkaLog
import Testing

@Suite struct ReaderFaultTests {
    @Test(.timeLimit(.minutes(5))) func aReaderGoesOnAfterAnOutage() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["message.timeout.ms": "50000"])
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reader = try await log.makeReader(of: partition, from: .zero)
        _ = try await producer.append([0], to: partition)
        #expect(try await reader.values(1) == [[0]])
        for round: UInt8 in 1...3 {
            async let values = reader.values(1)
            try await cluster.perform("down 1")
            async let appended = producer.append([round], to: partition)
            try await cluster.perform("up 1")
            #expect(try await appended == Offset(Int64(round)))
            #expect(try await values == [[round]])
        }
        await reader.close()
        await log.close()
    }

    /// Errors of a fetch that pass: not the leader, unknown leader epoch, replica not available, request timed out.
    @Test(.timeLimit(.minutes(5)), arguments: ["6,6", "75", "9", "7,7,7", "78"])
    func errorsThatPassLoseNothing(errors: String) async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reader = try await log.makeReader(of: partition, from: .zero)
        try await cluster.perform("errors 1 \(errors)")
        let results = await producer.appendAll((0..<100).map { [$0] }, to: partition)
        #expect(results.allSatisfy { $0.offset != nil })
        var values: [[UInt8]] = []
        while values.count < 100 {
            do {
                values += try await reader.next(maximumBytes: 10).entries.map { Array($0.value) }
            } catch let error as LogError where error.isRetriable {
            }
        }
        #expect(values == (0..<100).map { [$0] })
        await reader.close()
        await log.close()
    }

    /// The mock drops a partition's first records beyond 5 MB, while the reader has fetched only its own first ones.
    @Test(.timeLimit(.minutes(5))) func anOffsetThatIsGoneIsTruncated() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["queued.max.messages.kbytes": "64", "max.partition.fetch.bytes": "1000"])
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reader = try await log.makeReader(of: partition, from: .zero)
        for _ in 0..<100 { _ = try await producer.append(Array(repeating: 1, count: 64 << 10), to: partition) }
        #expect(try await log.bounds(of: partition).lowerBound > Offset(10))
        var next = Offset.zero
        await #expect(throws: LogError(.truncated, "")) {
            while true {
                let entries = try await reader.next(maximumBytes: 1).entries
                #expect(entries.first?.offset == next, "records were skipped")
                next = next + entries.count
            }
        }
        // And it stays so: nothing may be skipped.
        await #expect(throws: LogError(.truncated, "")) { _ = try await reader.next(maximumBytes: 1) }
        await #expect(throws: LogError(.truncated, "")) { _ = try await log.makeReader(of: partition, from: next) }
        await reader.close()
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func closingEndsAWaitingRead() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 1)
        let reader = try await log.makeReader(of: partition, from: .zero)
        let waiting = Task { try await reader.next(maximumBytes: 1) }
        await Task.yield()
        await reader.close()
        await #expect(throws: LogError(.closed, "")) { _ = try await waiting.value }
        await log.close()
    }

    /// librdkafka 2.0.2 looks at a full queue once a second: 64 KiB a second, which would take a minute here.
    @Test(.timeLimit(.minutes(5))) func aFullQueueIsFilledAgainAtOnce() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(["queued.max.messages.kbytes": "64", "max.partition.fetch.bytes": "1000"])
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let count = 3000
        var value = Array(repeating: 7 as UInt8, count: 1024)
        for batch in 0..<30 {
            value[0] = UInt8(batch)
            _ = await producer.appendAll(Array(repeating: value, count: count / 30), to: partition)
        }
        let clock = ContinuousClock()
        let began = clock.now
        let reader = try await log.makeReader(of: partition, from: .zero)
        var next = Offset.zero
        while next < Offset(Int64(count)) {
            let batch = try await reader.next(maximumBytes: 8192)
            #expect(batch.entries.first?.offset == next)
            next = next + batch.entries.count
        }
        #expect(clock.now - began < .seconds(30))
        await reader.close()
        await log.close()
    }
}
