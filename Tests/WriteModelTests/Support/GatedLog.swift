import EventLog
import Synchronization

@testable import WriteModel

/// One member's way to a log, which a test can hold up, as for a process that sleeps, or close in part.
final class GatedLog: EventLog {
    private struct State {
        var isHeld = false
        var areReadersHeld = false
        var heldReaders: Set<TopicPartition> = []
        var refused: Set<Topic> = []
        var partitions: [Topic: Int] = [:]
        var held: [@Sendable () -> Void] = []
    }

    let log: InMemoryLog
    private let state = Mutex(State())
    private let changes = ChangeSignal()
    /// Of appends held up.
    let arrivals = ChangeSignal()

    init(_ log: InMemoryLog) { self.log = log }

    /// Nothing goes in or out from now on.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Nothing is read from now on.
    func holdReaders() { state.withLock { $0.areReadersHeld = true } }

    /// Nothing of the partition is read from now on.
    func holdReaders(of partition: TopicPartition) { state.withLock { _ = $0.heldReaders.insert(partition) } }

    /// What was appended meanwhile lands now.
    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            state.areReadersHeld = false
            state.heldReaders = []
            defer { state.held = [] }
            return state.held
        }
        for append in held { append() }
        changes.advance()
    }

    /// Whatever concerns the topic fails.
    func refuse(_ topic: Topic) { state.withLock { _ = $0.refused.insert(topic) } }
    func admit(_ topic: Topic) { state.withLock { _ = $0.refused.remove(topic) } }

    /// The topic seems to have so many partitions; as many as it has if nil.
    func show(_ partitions: Int?, of topic: Topic) { state.withLock { $0.partitions[topic] = partitions } }

    var heldAppends: Int { state.withLock { $0.held.count } }

    fileprivate func append(_ append: @escaping @Sendable () -> Void) {
        let isHeld = state.withLock { state in
            if state.isHeld { state.held.append(append) }
            return state.isHeld
        }
        if isHeld { arrivals.advance() } else { append() }
    }

    /// - Parameter partition: that which is read, where one is.
    fileprivate func pass(_ topic: Topic, reading partition: TopicPartition? = nil) async throws(LogError) {
        if state.withLock({ $0.refused.contains(topic) }) { throw LogError(.unavailable, "'\(topic)' is away") }
        while true {
            let count = changes.count
            let isHeld = state.withLock { state in
                state.isHeld || partition.map { state.areReadersHeld || state.heldReaders.contains($0) } ?? false
            }
            guard isHeld else { return }
            await changes.wait(beyond: count)
            if Task.isCancelled { throw LogError(.closed, "cancelled") }
        }
    }

    func partitionCount(of topic: Topic) async throws(LogError) -> Int? {
        try await pass(topic)
        if let shown = state.withLock({ $0.partitions[topic] }) { return shown }
        return try await log.partitionCount(of: topic)
    }

    func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        try await pass(topic)
        try await log.createTopic(topic, settings)
    }

    func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? { try await log.describe(topic) }

    func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> {
        try await pass(partition.topic)
        return try await log.bounds(of: partition)
    }

    func makeProducer() async throws(LogError) -> any LogProducer { GatedProducer(gate: self, producer: try await log.makeProducer()) }

    func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        try await pass(partition.topic)
        return GatedReader(gate: self, partition, try await log.makeReader(of: partition, from: offset))
    }

    func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership { try await log.join(group: group, topic: topic) }
}

/// What it has appended lands even when it is closed, as what is on the wire does.
private final class GatedProducer: LogProducer {
    private let gate: GatedLog
    private let producer: any LogProducer
    private let due = Mutex<(next: Int, reports: [Int: @Sendable (Result<Offset, LogError>) -> Void])>((0, [:]))

    init(gate: GatedLog, producer: any LogProducer) {
        self.gate = gate
        self.producer = producer
    }

    func append(_ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void) {
        let number = due.withLock { due in
            due.next += 1
            due.reports[due.next] = report
            return due.next
        }
        gate.append { [self] in
            producer.append(record, to: partition) { [self] result in due.withLock { $0.reports.removeValue(forKey: number) }?(result) }
        }
    }

    func close() async {
        let due = due.withLock { due in
            defer { due.reports = [:] }
            return due.reports.sorted { $0.key < $1.key }
        }
        for (_, report) in due { report(.failure(LogError(.closed, "closed"))) }
    }
}

private final class GatedReader: LogReader {
    private let gate: GatedLog
    private let partition: TopicPartition
    private let reader: any LogReader

    init(gate: GatedLog, _ partition: TopicPartition, _ reader: any LogReader) {
        self.gate = gate
        self.partition = partition
        self.reader = reader
    }

    func next(maximumBytes: Int) async throws -> LogBatch {
        let batch = try await reader.next(maximumBytes: maximumBytes)
        try await gate.pass(partition.topic, reading: partition)
        return batch
    }

    func close() async { await reader.close() }
}
