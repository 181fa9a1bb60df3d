public import EventLog

/// How far a live read model has come, per partition.
public struct AppliedPositions: Hashable, Sendable {
    public let topic: Topic
    public let positions: [Partition: ChainPosition]

    public init(topic: Topic, positions: [Partition: ChainPosition]) {
        self.topic = topic
        self.positions = positions
    }

    /// Whether every record at or before `position` has taken effect. Never true for a position of another topic.
    public func hasApplied(_ position: LogPosition) -> Bool {
        guard position.partition.topic == topic, let applied = positions[position.partition.partition] else { return false }
        return applied.offset >= position.offset
    }

    /// One for each partition that has a record applied, in order of partition.
    public var logPositions: [LogPosition] {
        positions.filter { $0.value.offset >= .zero }.sorted { $0.key < $1.key }
            .map { LogPosition(TopicPartition(topic, $0.key), $0.value.offset) }
    }
}

extension AppliedPositions: CustomStringConvertible {
    /// As the `Highwater-Position` header has it: `ordering/0@12, ordering/7@12345`; empty where nothing is applied.
    public var description: String { logPositions.map(\.description).joined(separator: ", ") }
}
