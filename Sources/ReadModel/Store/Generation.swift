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
    public internal(set) var state: State
    /// How many partitions it is the fold of.
    public let partitions: Int
    /// Who builds it at present.
    public internal(set) var lease: BuildLease?
    /// Whether a swap that is being made held the live generation still when this was read; see ``ReadModelStore/hold(_:for:)``.
    public internal(set) var isHeld: Bool

    /// The longest that a swap holds a generation. A hold that ends later, as after the store's clock was set back, is not heeded.
    public static let longestHold = Duration.seconds(60)

    public init(
        schema: TableSchema, topic: Topic, number: Int, state: State, partitions: Int, lease: BuildLease? = nil, isHeld: Bool = false
    ) {
        self.schema = schema
        self.topic = topic
        self.number = number
        self.state = state
        self.partitions = partitions
        self.lease = lease
        self.isHeld = isHeld
    }

    /// Whether it was being built by a process that is gone, or stands still: its rows are of no use, and the next that comes by drops it.
    public var isAbandoned: Bool { state == .building && lease?.isOver ?? true }
}

extension Generation: CustomStringConvertible {
    public var description: String { "generation \(number) of \(schema.projection)" }
}

/// Why a generation is made.
public enum GenerationPurpose: Hashable, Sendable {
    /// The projection's first: it goes live at once, empty. Where there is a live one already, that one is meant.
    case first
    /// To be filled from offset zero beside the live one, by this builder, whose lease lasts so long from now. An unfinished one whose lease
    /// is over was abandoned and is dropped; its builder, should it still run, is fenced.
    case rebuild(builder: String, lease: Duration)
}

/// A builder's claim to a generation, renewed while it works, so that one that was killed does not block the next for ever.
///
/// The store's own clock alone says when it is over: the builders' may differ by days. And only progress depends on that: a process that
/// wrongly takes a lease for over drops the generation, and its builder's next write fails.
public struct BuildLease: Hashable, Sendable {
    /// The longest that one lasts.
    public static let longest = Duration.seconds(3600)
    /// One that ends later than so long from now is not heeded: the store's clock was set back by more than a correction, or the lease is of
    /// a version that gave leases by its builder's clock.
    public static let farthest = longest + .seconds(600)

    /// Unique to one run of one process.
    public let builder: String
    /// By the store's clock.
    public let expires: Timestamp
    /// Whether it was over, by the store's clock, when this was read.
    public let isOver: Bool

    /// - Parameter now: the time by the store's clock.
    public init(builder: String, expires: Timestamp, now: Timestamp) {
        self.builder = builder
        self.expires = expires
        isOver = expires <= now || expires > now.advanced(by: Self.farthest)
    }
}
