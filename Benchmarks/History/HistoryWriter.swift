import EventLog
import EventModel
import Synchronization

/// Appends a history as a partition's writer does, one record an event, with everything in it that a command over HTTP leaves there.
final class HistoryWriter: Sendable {
    private let log: any EventLog
    private let topic: Topic
    private let partitions: Int
    private let failure = Mutex<LogError?>(nil)
    private static let epoch = Epoch(1_600_000_000_000)
    /// Records on their way at once.
    private static let run = 20_000

    init(_ log: any EventLog, topic: Topic, partitions: Int) {
        self.log = log
        self.topic = topic
        self.partitions = partitions
    }

    func write(_ events: Int, seed: UInt64, onProgress: (Int) -> Void) async throws {
        let producer = try await log.makeProducer()
        let claim = Claim(epoch: Self.epoch, writer: "benchmark", at: Timestamp(microseconds: 0), partitions: Int32(partitions))
        let claims = Partition.all(of: partitions).map { ($0, LogRecord(key: [], value: Record.claim(claim).encoded[...])) }
        try await send(claims, producer)
        var history = OrderHistory(seed: seed)
        var ids = SplitMix64(seed: ~seed)
        var sequences = [CommitSequence](repeating: .zero, count: partitions)
        var written = 0
        while written < events {
            var records: [(Partition, LogRecord)] = []
            for _ in 0..<min(Self.run, events - written) {
                let step = history.next()
                let key = Array(step.stream.utf8)
                let partition = Partitioner.partition(forKey: key, count: partitions)
                let index = Int(partition.rawValue)
                sequences[index] = sequences[index].next
                let commit = Self.commit(step, sequences[index], &ids)
                records.append((partition, LogRecord(key: key[...], value: Record.commit(commit).encoded[...])))
            }
            try await send(records, producer)
            written += records.count
            onProgress(written)
        }
        await producer.close()
    }

    private static func commit(_ step: OrderHistory.Step, _ sequence: CommitSequence, _ ids: inout SplitMix64) -> Commit {
        let (a, b) = (hex(ids.next()), hex(ids.next()))
        let command = "\(a.prefix(8))-\(a.dropFirst(8).prefix(4))-\(a.suffix(4))-\(b.prefix(4))-\(b.suffix(12))"
        return Commit(
            epoch: epoch, sequence: sequence, stream: StreamID(trusted: step.stream), firstVersion: StreamVersion(step.version),
            commandID: CommandID(trusted: command), commandDigest: Array((b + b).utf8)[...], correlationID: command, at: step.at,
            traceparent: "00-\(a)\(b)-\(b)-01", events: [step.event])
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Returns once all are stored.
    private func send(_ records: [(Partition, LogRecord)], _ producer: any LogProducer) async throws {
        let left = Atomic(records.count)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            for (partition, record) in records {
                producer.append(record, to: TopicPartition(topic, partition)) { outcome in
                    if case .failure(let error) = outcome { self.failure.withLock { $0 = error } }
                    if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { continuation.resume() }
                }
            }
        }
        if let error = self.failure.withLock({ $0 }) { throw error }
    }
}
