public import EventLog

/// A log that tells of what is read from it and told to it, where a test may fail a step, or kill whoever makes it.
public struct InterceptedEventLog: EventLog {
    public enum Step: String, Hashable, Sendable, CaseIterable {
        case beforeBounds, beforeOpen, beforeRead, beforeJoin
        /// Telling the group how far it is; nothing is thrown to the caller.
        case beforePublish
    }

    private let log: any EventLog
    private let onStep: @Sendable (Step) throws(LogError) -> Void

    public init(_ log: any EventLog, onStep: @escaping @Sendable (Step) throws(LogError) -> Void) {
        self.log = log
        self.onStep = onStep
    }

    public func partitionCount(of topic: Topic) async throws(LogError) -> Int? { try await log.partitionCount(of: topic) }
    public func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) { try await log.createTopic(topic, settings) }
    public func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? { try await log.describe(topic) }

    public func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> {
        try onStep(.beforeBounds)
        return try await log.bounds(of: partition)
    }

    public func makeProducer() async throws(LogError) -> any LogProducer { try await log.makeProducer() }

    public func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        try onStep(.beforeOpen)
        return Reader(try await log.makeReader(of: partition, from: offset), onStep)
    }

    public func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership {
        try onStep(.beforeJoin)
        return Membership(membership: try await log.join(group: group, topic: topic), onStep: onStep)
    }

    private final class Reader: LogReader {
        private let reader: any LogReader
        private let onStep: @Sendable (Step) throws(LogError) -> Void

        init(_ reader: any LogReader, _ onStep: @escaping @Sendable (Step) throws(LogError) -> Void) {
            self.reader = reader
            self.onStep = onStep
        }

        func next(maximumBytes: Int) async throws -> LogBatch {
            try onStep(.beforeRead)
            return try await reader.next(maximumBytes: maximumBytes)
        }

        func close() async { await reader.close() }
    }

    private struct Membership: GroupMembership {
        let membership: any GroupMembership
        let onStep: @Sendable (Step) throws(LogError) -> Void

        var assignments: AsyncStream<Set<Partition>> { membership.assignments }

        func publish(progress: [Partition: Offset]) {
            if (try? onStep(.beforePublish)) != nil { membership.publish(progress: progress) }
        }

        func leave() async { await membership.leave() }
    }
}
