import EventLog
import EventModel
import Testing

@testable import SQLiteLog

@Suite struct FullDiskTests {
    @Test(.timeLimit(.minutes(5))) func nothingThatDidNotFitIsAcknowledged() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        try await log.createTopic("ordering", partitions: 1)
        try await log.limitSize(pages: 200)
        let producer = try await log.makeProducer()
        var acknowledged: [Offset] = []
        var failure: LogError?
        while failure == nil {
            let reports = Reports()
            await withCheckedContinuation { continuation in
                for number in 0..<20 {
                    producer.append(LogRecord(key: [], value: [UInt8](repeating: 1, count: 1000)[...]), to: partition) {
                        reports.add($0)
                        if number == 19 { continuation.resume() }
                    }
                }
            }
            acknowledged += reports.offsets
            failure = reports.failures.first
        }
        #expect(failure?.code == .storage)
        #expect(failure?.isRetriable == true)
        #expect(failure?.message.contains("cannot append to ordering/0") == true)
        #expect(failure?.message.contains("the disk is full") == true)
        #expect(acknowledged.count > 100)
        #expect(acknowledged == (0..<acknowledged.count).map { Offset(Int64($0)) })
        #expect(try await log.bounds(of: partition).upperBound == Offset(Int64(acknowledged.count)))
        #expect(try await log.read(partition, .zero..<Offset(Int64(acknowledged.count))).count == acknowledged.count)

        // Still full: everybody fails. Space again: the old producer still does, a fresh one does not.
        await #expect(throws: LogError(.storage, "")) { _ = try await log.makeProducer().append([UInt8](repeating: 1, count: 100_000)) }
        try await log.limitSize(pages: 1_000_000)
        await #expect(throws: LogError(.storage, "")) { _ = try await producer.append([1]) }
        #expect(try await log.makeProducer().append([2]) == Offset(Int64(acknowledged.count)))
        await log.close()

        let again = try await SQLiteLog(path: folder.file())
        #expect(try await again.bounds(of: partition).upperBound == Offset(Int64(acknowledged.count + 1)))
        await again.close()
    }

    @Test(.timeLimit(.minutes(5))) func aTopicThatDoesNotFitIsNotMade() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        try await log.limitSize(pages: 1)
        let name = Topic(String(repeating: "x", count: 20_000))
        await #expect(throws: LogError(.storage, "")) { try await log.createTopic(name, partitions: 1) }
        #expect(try await log.partitionCount(of: name) == nil)
        await #expect(throws: LogError(.topicMissing, "")) {
            _ = try await log.makeProducer().append([1], to: TopicPartition(name, Partition(0)))
        }
        await log.close()
    }
}
