public import EventLog

/// Which rows of a view to answer with.
public struct RowQuery: Hashable, Sendable {
    public static let limits = 1...1000

    /// Columns that the projection declares as filters, and the value that each must have. Texts as JSON has them.
    public var filters: [String: ColumnValue]
    /// Only keys after this one.
    public var after: String?
    public var limit: Int

    public init(filters: [String: ColumnValue] = [:], after: String? = nil, limit: Int = 100) {
        self.filters = filters
        self.after = after
        self.limit = limit
    }
}

/// An answer, and the positions of the snapshot that it was read from.
public struct QueryResult<Value: Sendable>: Sendable {
    public let value: Value
    public let schema: TableSchema
    public let positions: AppliedPositions

    public init(value: Value, schema: TableSchema, positions: AppliedPositions) {
        self.value = value
        self.schema = schema
        self.positions = positions
    }
}

/// How far a live read model has come, per partition.
public struct AppliedPositions: Hashable, Sendable {
    public let topic: Topic
    public let positions: [Partition: ChainPosition]

    public init(topic: Topic, positions: [Partition: ChainPosition]) {
        self.topic = topic
        self.positions = positions
    }

    /// Whether every record at or before `position` has taken effect. True for a position of another topic is never given.
    public func hasApplied(_ position: LogPosition) -> Bool {
        guard position.partition.topic == topic, let applied = positions[position.partition.partition] else { return false }
        return applied.offset >= position.offset
    }
}
