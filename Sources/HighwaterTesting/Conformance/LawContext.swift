import EventLog
import EventModel
import Synchronization

/// What a law works with: the log under test, and short forms of what laws do to it.
final class LawContext: Sendable {
    let law: String
    let harness: EventLogHarness
    private let current: Mutex<any EventLog>
    private let topicCount = Mutex(0)

    init(law: String, harness: EventLogHarness, log: any EventLog) {
        self.law = law
        self.harness = harness
        current = Mutex(log)
    }

    var log: any EventLog { current.withLock { $0 } }

    /// Closes the log and opens it again.
    func reopen(with reopen: @Sendable (any EventLog) async throws -> any EventLog) async throws {
        let log = try await reopen(log)
        current.withLock { $0 = log }
    }

    /// A topic name that no other law uses.
    func newTopicName() -> Topic {
        let number = topicCount.withLock { count in
            count += 1
            return count
        }
        // FNV-1a over the law's name: short, and the same in each run.
        let hash = law.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Topic("\(harness.topicPrefix)-\(String(hash, radix: 36))-\(number)")
    }

    func makeTopic(partitions: Int = 1) async throws -> Topic {
        let topic = newTopicName()
        try await log.createTopic(topic, partitions: partitions)
        return topic
    }

    /// The only partition of a new topic.
    func makePartition() async throws -> TopicPartition { TopicPartition(try await makeTopic(), Partition(0)) }

    func fail(_ explanation: String) -> ConformanceFailure { ConformanceFailure(law: law, explanation: explanation) }

    func require(_ condition: Bool, _ explanation: @autoclosure () -> String) throws {
        guard condition else { throw fail(explanation()) }
    }

    func expect(_ code: LogError.Code, when action: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as LogError {
            return try require(error.code == code, "\(action) fails with \(error.code) (\(error)), not \(code)")
        }
        throw fail("\(action) succeeds; it should fail with \(code)")
    }

    /// Appends values and waits for all reports. Records go in flight together.
    @discardableResult
    func append(_ values: [[UInt8]], key: [UInt8] = [1], to partition: TopicPartition, with producer: any LogProducer) async throws -> [Offset] {
        try await append(values.map { LogRecord(key: key[...], value: $0[...]) }, to: partition, with: producer)
    }

    @discardableResult
    func append(_ records: [LogRecord], to partition: TopicPartition, with producer: any LogProducer) async throws -> [Offset] {
        guard !records.isEmpty else { return [] }
        let reports = Reports(expected: records.count)
        for (index, record) in records.enumerated() {
            producer.append(record, to: partition) { reports.add(index, $0) }
        }
        let results = try await reports.all()
        let indices = results.map(\.index)
        try require(indices == Array(records.indices), "reports come out of order: \(indices.prefix(20))")
        return try results.map { try $0.result.get() }
    }

    /// Appends with a producer of its own.
    @discardableResult
    func append(_ values: [[UInt8]], to partition: TopicPartition) async throws -> [Offset] {
        let producer = try await log.makeProducer()
        let offsets = try await append(values, to: partition, with: producer)
        await producer.close()
        return offsets
    }

    /// The first `count` entries of a partition from `offset` on, which must be contiguous.
    func read(_ partition: TopicPartition, from offset: Offset = .zero, count: Int, maximumBytes: Int = 1 << 16) async throws -> [LogEntry] {
        let reader = try await log.makeReader(of: partition, from: offset)
        var entries: [LogEntry] = []
        while entries.count < count {
            let batch = try await reader.next(maximumBytes: maximumBytes)
            try check(batch, follows: offset + entries.count)
            entries += batch.entries
        }
        await reader.close()
        return Array(entries.prefix(count))
    }

    func check(_ batch: LogBatch, follows offset: Offset) throws {
        try require(!batch.entries.isEmpty, "a batch is empty")
        let offsets = batch.entries.map(\.offset)
        try require(
            offsets == offsets.indices.map { offset + $0 }, "a read at \(offset) returns offsets \(offsets.prefix(20)), not those that follow")
        try require(batch.end >= offset + offsets.count, "a batch says that the end is \(batch.end), before its own last entry")
    }

    func values(_ entries: [LogEntry]) -> [[UInt8]] { entries.map { Array($0.value) } }
}

/// Text as bytes.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
