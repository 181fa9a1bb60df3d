import EventLog
import EventModel
import Synchronization

/// A log that breaks one law, to see that the conformance suite notices.
final class BrokenLog: EventLog {
    enum Fault: String, CaseIterable, Sendable {
        case losesRecords, doublesRecords, misreportsOffsets, reversesReports, swapsPartitions, truncatesValues, dropsKeys
        case ignoresBudget, ignoresStart, skipsOnRead, repeatsOnRead, tellsAnEarlyEnd, losesWhatRacesCancellation
        case producersStayOpen, readersStayOpen, remakesTopics, inventsTopics, admitsAnyOffset, forgetsOnReopening, misstatesBounds
    }

    let fault: Fault
    private let base: Mutex<InMemoryLog>

    init(_ fault: Fault) {
        self.fault = fault
        base = Mutex(InMemoryLog())
    }

    func reopen() { if fault == .forgetsOnReopening { base.withLock { $0 = InMemoryLog() } } }

    private var log: InMemoryLog { base.withLock { $0 } }

    func partitionCount(of topic: Topic) async throws(LogError) -> Int? {
        let count = try await log.partitionCount(of: topic)
        return fault == .inventsTopics ? count ?? 1 : count
    }

    func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        if fault == .remakesTopics, try await log.partitionCount(of: topic) != nil { return }
        try await log.createTopic(topic, settings)
    }

    func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? { try await log.describe(topic) }

    func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> {
        let bounds = try await log.bounds(of: partition)
        return fault == .misstatesBounds ? bounds.lowerBound..<bounds.upperBound.next : bounds
    }

    func makeProducer() async throws(LogError) -> any LogProducer { BrokenProducer(fault, try await log.makeProducer()) }

    func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        var offset = offset
        if fault == .ignoresStart { offset = .zero }
        if fault == .admitsAnyOffset {
            let bounds = try await log.bounds(of: partition)
            offset = min(max(offset, .zero), bounds.upperBound)
        }
        return BrokenReader(fault, try await log.makeReader(of: partition, from: offset))
    }

    func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership { try await log.join(group: group, topic: topic) }
}

private final class BrokenProducer: LogProducer {
    private let fault: BrokenLog.Fault
    private let base: any LogProducer
    private let count = Atomic(0)
    private let held = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ fault: BrokenLog.Fault, _ base: any LogProducer) {
        self.fault = fault
        self.base = base
    }

    func append(_ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void) {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        switch fault {
        case .losesRecords where number % 50 == 0: report(.success(Offset(Int64(number - 1))))
        case .doublesRecords where number % 50 == 0:
            base.append(record, to: partition) { _ in }
            base.append(record, to: partition, report: report)
        case .misreportsOffsets: base.append(record, to: partition) { report($0.map { $0.next }) }
        case .reversesReports where Array(record.value) == Array("value 0".utf8):
            base.append(record, to: partition) { result in self.held.withLock { $0 = { report(result) } } }
        case .reversesReports where Array(record.value) == Array("value 1".utf8):
            base.append(record, to: partition, report: report)
            held.withLock { $0.take() }?()
        case .swapsPartitions where partition.partition.rawValue < 2:
            base.append(record, to: TopicPartition(partition.topic, Partition(0)), report: report)
        case .truncatesValues: base.append(LogRecord(key: record.key, value: record.value.prefix(1 << 20)), to: partition, report: report)
        case .dropsKeys: base.append(LogRecord(key: [], value: record.value), to: partition, report: report)
        default: base.append(record, to: partition, report: report)
        }
    }

    func close() async { if fault != .producersStayOpen { await base.close() } }
}

private final class BrokenReader: LogReader {
    private let fault: BrokenLog.Fault
    private let base: any LogReader
    private let count = Atomic(0)

    init(_ fault: BrokenLog.Fault, _ base: any LogReader) {
        self.fault = fault
        self.base = base
    }

    func next(maximumBytes: Int) async throws -> LogBatch {
        let batch = try await base.next(maximumBytes: fault == .ignoresBudget ? .max : maximumBytes)
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        switch fault {
        case .skipsOnRead where number == 2: return try await base.next(maximumBytes: maximumBytes)
        case .repeatsOnRead: return LogBatch(entries: batch.entries + batch.entries.suffix(1), end: batch.end + 1)
        case .tellsAnEarlyEnd: return LogBatch(entries: batch.entries, end: batch.entries[0].offset.next)
        case .losesWhatRacesCancellation:
            // Time for the cancellation to come in between.
            for _ in 0..<10 { await Task.yield() }
            try Task.checkCancellation()
            return batch
        default: return batch
        }
    }

    func close() async { if fault != .readersStayOpen { await base.close() } }
}
