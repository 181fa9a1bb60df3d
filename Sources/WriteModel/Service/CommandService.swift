public import EventLog
public import EventModel

/// Takes commands for a context and answers them: the write model's front door.
public protocol CommandService: Sendable {
    var context: BoundedContext { get }

    /// Who owns the partitions that this instance does not; nil where no other instance can be reached.
    var owners: (any OwnerDirectory)? { get }
    /// This instance's name, as in its claims and announcements.
    var instance: String { get }

    /// How many partitions the topic has; nil before it is open.
    var partitionCount: Int? { get }

    /// The partition that a stream belongs to; nil before the topic is open.
    func partition(of stream: StreamID) -> TopicPartition?

    /// Answers within the service's deadline, or an earlier one, with ``CommandOutcome/unknown`` at the latest.
    /// ``CommandOutcome/notOwner`` means: forward it to whom ``owners`` names.
    func execute(_ command: Command, timeout: Duration?) async -> CommandOutcome

    /// Why the stream's commands cannot be decided by this instance at present, for clients; nil where it owns the partition.
    func reasonNotOwner(of stream: StreamID) async -> String?

    /// What is known of the stream's partition where no instance is known to write it; nil where one is.
    func prospect(of stream: StreamID) async -> OwnerProspect?

    /// Returns once this instance has accounted for `position`, of a partition that it writes: what it reads from then on is as new. At once
    /// where it has given the position out itself; another instance's ends its ownership.
    func catchUp(to position: LogPosition, timeout: Duration) async throws(HistoryError)

    /// The last valid record of the stream's partition that this instance, which writes it or would if the log's storage took anything, has
    /// accounted for: whatever it reads of the stream from now on has seen everything up to there.
    func accountedPosition(of stream: StreamID) async throws(HistoryError) -> LogPosition

    /// A stream's recorded events from `version` on, oldest first, at most `limit`; empty where there are none. Only commits that are in
    /// the log for ever.
    func events(of stream: StreamID, from version: StreamVersion, limit: Int) async throws(HistoryError) -> [StoredEvent]

    /// A stream's state as JSON, as of `version` (the newest if nil). Nil where the stream does not exist or has not reached it.
    func state(of stream: StreamID, at version: StreamVersion?) async throws(HistoryError) -> StateSnapshot?
}

extension CommandService {
    /// Answers within the service's deadline.
    public func execute(_ command: Command) async -> CommandOutcome { await execute(command, timeout: nil) }

    public func prospect(of stream: StreamID) async -> OwnerProspect? { nil }
}

/// An event as it was read back from the log.
public struct StoredEvent: Sendable {
    public let id: EventID
    public let event: EncodedEvent
    public let metadata: EventMetadata
    public let position: LogPosition

    public init(id: EventID, event: EncodedEvent, metadata: EventMetadata, position: LogPosition) {
        self.id = id
        self.event = event
        self.metadata = metadata
        self.position = position
    }
}

public struct StateSnapshot: Sendable {
    public let version: StreamVersion
    public let json: String
    /// Of the commit that made the version.
    public let position: LogPosition

    public init(version: StreamVersion, json: String, position: LogPosition) {
        self.version = version
        self.json = json
        self.position = position
    }
}

/// Why a stream's history cannot be told.
public struct HistoryError: Error, CustomStringConvertible {
    public enum Code: Sendable {
        /// This instance does not write the stream's partition.
        case notOwner
        case unavailable
        /// An event of the stream cannot be read by its category, or the state not be shown: trying again does not help.
        case unreadable
    }

    public let code: Code
    /// Of `notOwner` and `unavailable`: fit for clients; it names no path, host or process.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
