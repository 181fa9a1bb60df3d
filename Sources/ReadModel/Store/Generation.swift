public import EventLog

/// One numbered building of a projection's table.
public struct Generation: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        /// Being filled; nobody reads it.
        case building
        /// What the view shows.
        case live
        /// Was live; kept for rollback.
        case retired
    }

    public let schema: TableSchema
    public let topic: Topic
    public let number: Int
    public let state: State
    /// How many partitions it is the fold of.
    public let partitions: Int

    public init(schema: TableSchema, topic: Topic, number: Int, state: State, partitions: Int) {
        self.schema = schema
        self.topic = topic
        self.number = number
        self.state = state
        self.partitions = partitions
    }
}

/// Why a generation is made.
public enum GenerationPurpose: Hashable, Sendable {
    /// The projection's first: there is no live one yet, it goes live at once, empty.
    case first
    /// To be filled from offset zero beside the live one.
    case rebuild
}
