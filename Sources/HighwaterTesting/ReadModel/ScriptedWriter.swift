public import EventLog
public import EventModel

/// Appends commits to a log as a partition's writer would, with a valid chain in every partition, for tests of what reads the log.
public actor ScriptedWriter {
    private let log: any EventLog
    private let topic: Topic
    private let partitions: Int
    private let epoch: Epoch
    private var producer: (any LogProducer)?
    private var sequences: [Partition: CommitSequence] = [:]
    private var versions: [StreamID: StreamVersion] = [:]
    private var count: Int64 = 0

    /// The topic must exist.
    public init(_ log: any EventLog, topic: Topic, partitions: Int, epoch: Int64 = 1) {
        self.log = log
        self.topic = topic
        self.partitions = partitions
        self.epoch = Epoch(epoch)
    }

    /// One commit; the partition is claimed first if it is not yet.
    @discardableResult
    public func append(_ stream: String, _ events: EncodedEvent...) async throws -> LogPosition {
        try await append(stream, events)
    }

    @discardableResult
    public func append(
        _ stream: String, _ events: [EncodedEvent], at: Timestamp? = nil
    ) async throws -> LogPosition {
        let id = StreamID(trusted: stream)
        let key = Array(stream.utf8)[...]
        let partition = Partitioner.partition(forKey: key, count: partitions)
        if sequences[partition] == nil {
            sequences[partition] = .zero
            let claim = Claim(epoch: epoch, writer: "script", at: Timestamp(microseconds: 0), partitions: Int32(partitions))
            _ = try await send(LogRecord(key: [], value: Record.claim(claim).encoded[...]), to: partition)
        }
        let sequence = (sequences[partition] ?? .zero).next
        sequences[partition] = sequence
        let first = (versions[id] ?? .none).next
        versions[id] = first + (events.count - 1)
        count += 1
        let commit = Commit(
            epoch: epoch, sequence: sequence, stream: id, firstVersion: first, commandID: CommandID(trusted: "script-\(count)"),
            commandDigest: [], at: at ?? Timestamp(microseconds: 1_600_000_000_000_000 + count * 1_000_000), events: events)
        let offset = try await send(LogRecord(key: key, value: Record.commit(commit).encoded[...]), to: partition)
        return LogPosition(TopicPartition(topic, partition), offset)
    }

    /// A record that the chain rule makes void, on the partition of a stream that has been written to.
    public func appendVoid(_ stream: String) async throws {
        let partition = Partitioner.partition(forKey: stream.utf8, count: partitions)
        let claim = Claim(epoch: .zero, writer: "late", at: Timestamp(microseconds: 0), partitions: Int32(partitions))
        _ = try await send(LogRecord(key: [], value: Record.claim(claim).encoded[...]), to: partition)
    }

    private func send(_ record: LogRecord, to partition: Partition) async throws -> Offset {
        let producer: any LogProducer
        if let known = self.producer {
            producer = known
        } else {
            producer = try await log.makeProducer()
            self.producer = producer
        }
        return try await withCheckedThrowingContinuation { continuation in
            producer.append(record, to: TopicPartition(topic, partition)) { continuation.resume(with: $0) }
        }
    }
}
