import EventLog
import EventModel
import HighwaterTesting
import Logging
import Synchronization
import Testing

@testable import WriteModel

/// Many who ask for what is stored, at the same time.
@Suite(.timeLimit(.minutes(5)))
struct ReadBackTests {
    /// A log that counts the readers there are.
    private final class CountingLog: EventLog {
        private struct Readers {
            var open = 0
            var most = 0
        }

        private let log = InMemoryLog()
        private let readers = Mutex(Readers())

        var mostReaders: Int { readers.withLock { $0.most } }
        func forget() { readers.withLock { $0.most = $0.open } }

        func partitionCount(of topic: Topic) async throws(LogError) -> Int? { try await log.partitionCount(of: topic) }
        func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) { try await log.createTopic(topic, settings) }
        func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? { try await log.describe(topic) }
        func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> { try await log.bounds(of: partition) }
        func makeProducer() async throws(LogError) -> any LogProducer { try await log.makeProducer() }
        func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership {
            try await log.join(group: group, topic: topic)
        }

        func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
            let reader = try await log.makeReader(of: partition, from: offset)
            readers.withLock { readers in
                readers.open += 1
                readers.most = max(readers.most, readers.open)
            }
            return Reader(reader, self)
        }

        private final class Reader: LogReader {
            private let reader: any LogReader
            private let log: CountingLog

            init(_ reader: any LogReader, _ log: CountingLog) {
                self.reader = reader
                self.log = log
            }

            func next(maximumBytes: Int) async throws -> LogBatch {
                // Gives all others the time to come as far.
                for _ in 0..<1000 { await Task.yield() }
                return try await reader.next(maximumBytes: maximumBytes)
            }

            func close() async {
                await reader.close()
                log.readers.withLock { $0.open -= 1 }
            }
        }
    }

    @Test func aCrowdHoldsFewReaders() async throws {
        let log = CountingLog()
        let service = WriteService(
            BoundedContext("counting", categories: [.tally()]), log: log, stores: InMemoryStateStores(),
            options: WriteService.Options(instance: "one"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withServiceRunning(service) {
            try await service.ready()
            #expect(try await service.execute(.add(1, to: "a", id: "1")).receipt != nil)
            log.forget()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        if number % 2 == 0 {
                            #expect(try await service.execute(.add(1, to: "a", id: "1")).receipt?.isReplay == true)
                        } else {
                            let events = try await service.events(of: StreamID("tally/a"), from: StreamVersion(1), limit: 10)
                            #expect(events.count == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(log.mostReaders <= ReadBack.concurrency)
            #expect(log.mostReaders > 1)
        }
    }
}
