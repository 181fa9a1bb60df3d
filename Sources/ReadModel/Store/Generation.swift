public import EventLog
public import EventModel

/// One numbered building of a projection's table. Numbers are never used again, so whoever writes to a dropped generation is fenced.
public struct Generation: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, Codable {
        /// Being filled; nobody reads it.
        case building
        /// Filled, and waiting for somebody to make it live.
        case ready
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
    /// Who builds it at present.
    public let lease: BuildLease?
    /// Until when a swap that is being made holds the live generation still; see ``ReadModelStore/hold(_:until:)``.
    public let heldUntil: Timestamp?

    public init(
        schema: TableSchema, topic: Topic, number: Int, state: State, partitions: Int, lease: BuildLease? = nil, heldUntil: Timestamp? = nil
    ) {
        self.schema = schema
        self.topic = topic
        self.number = number
        self.state = state
        self.partitions = partitions
        self.lease = lease
        self.heldUntil = heldUntil
    }
}

extension Generation: CustomStringConvertible {
    public var description: String { "generation \(number) of \(schema.projection)" }
}

/// Why a generation is made.
public enum GenerationPurpose: Hashable, Sendable {
    /// The projection's first: it goes live at once, empty. Where there is a live one already, that one is meant.
    case first
    /// To be filled from offset zero beside the live one. An unfinished one whose lease has run out before `now` was abandoned and is
    /// dropped; its builder, should it still run, is fenced.
    case rebuild(BuildLease, now: Timestamp)
}

/// A builder's claim to a generation, renewed while it works, so that one that was killed does not block the next for ever.
///
/// Only progress depends on the clock: who wrongly thinks a lease run out drops the generation, and its builder's next write fails.
public struct BuildLease: Hashable, Sendable {
    /// Unique to one run of one process.
    public let builder: String
    public let expires: Timestamp

    public init(builder: String, expires: Timestamp) {
        self.builder = builder
        self.expires = expires
    }
}

extension Generation {
    /// A copy with another state or lease.
    func with(state: State? = nil, lease: BuildLease?? = .none, heldUntil: Timestamp?? = .none) -> Generation {
        Generation(
            schema: schema, topic: topic, number: number, state: state ?? self.state, partitions: partitions, lease: lease ?? self.lease,
            heldUntil: heldUntil ?? self.heldUntil)
    }
}
