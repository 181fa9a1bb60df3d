/// A log of topics and partitions: the system of record.
///
/// Laws, held by the conformance suite in HighwaterTesting for every adapter: a partition is one sequence, in which every record has
/// the offset after its predecessor's, from 0; what a report has called stored is there after a crash, for every reader, for ever; a
/// reader sees a partition's records in order, each once.
public protocol EventLog: Sendable {
    /// How many partitions `topic` has; nil where it does not exist.
    func partitionCount(of topic: Topic) async throws(LogError) -> Int?

    /// Makes a topic. Throws `topicExists` where it is there already.
    func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError)

    /// How a topic is set up; nil where it does not exist.
    func describe(_ topic: Topic) async throws(LogError) -> TopicDescription?

    /// The offsets that a partition holds: from its first record's to its end, where the next record will land.
    func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset>

    /// A producer of its own, sharing nothing with those before it.
    func makeProducer() async throws(LogError) -> any LogProducer

    /// A reader that begins at `offset`, which may be the end.
    ///
    /// - Throws: `truncated` where `offset` is outside of ``bounds(of:)``.
    func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader

    /// Joins `group`, to hear which partitions of `topic` this member should work on. A hint: safety never depends on it.
    func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership
}

/// Appends records. After a failed report the outcome of that record and of all later ones is unknown: close the producer, make a fresh
/// one, and settle what happened by reading the log. `recordTooLarge` leaves the producer as it is. It says of a record that
/// was in flight alone that this one is too large, and of one among others that they are together, or that one of them is.
public protocol LogProducer: Sendable {
    /// Enqueues a record and returns at once. Records for one partition land in the order of the calls, or not at all.
    ///
    /// `report` is called once, in the order of the calls for one partition, on a thread of the log's choosing, so it must not block:
    /// with the record's offset once it is durable, or with the error after which it may or may not be in the log.
    func append(
        _ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void)

    /// Gives up what is still in flight; those records may still land. Every report that is due has been called on return.
    func close() async
}

/// Reads one partition forward. For one task at a time.
public protocol LogReader: AnyObject, Sendable {
    /// The next records, waiting until there is at least one; as many as are there, up to about `maximumBytes` of keys and values.
    ///
    /// - Throws: `CancellationError`, or ``LogError``; after a retriable one the next call goes on where this one stood.
    func next(maximumBytes: Int) async throws -> LogBatch

    func close() async
}

/// One member's place in a group that shares a topic's partitions.
public protocol GroupMembership: Sendable {
    /// The partitions this member should work on: the newest set at once, and each change. A log with a coordinator, which gives a
    /// partition to one member at a time, repeats the set now and then while it stands. Ends with ``leave()``.
    var assignments: AsyncStream<Set<Partition>> { get }

    /// How long the log waits for a member that it does not hear of before it gives that one's partitions to others; nil for a log without a
    /// coordinator.
    var patience: Duration? { get }

    /// Tells how far the group has come, for lag tools only: the next offsets to read. Best effort.
    func publish(progress: [Partition: Offset])

    func leave() async
}

extension GroupMembership {
    public var patience: Duration? { nil }
}
