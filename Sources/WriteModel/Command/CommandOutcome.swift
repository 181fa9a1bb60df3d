public import EventLog
public import EventModel

/// What became of a command. A commit is final: the same command gets the same answer for ever. Whatever appended nothing leaves no trace,
/// and a repetition is decided anew.
public enum CommandOutcome: Sendable {
    /// Its events are in the log for ever.
    case committed(CommitReceipt)
    /// It decided no events: at `position` the stream is at `version`, and every record up to there was seen in deciding.
    case unchanged(version: StreamVersion, position: LogPosition)
    /// The stream is not at the version that the command demands.
    case conflict(expected: ExpectedVersion, actual: StreamVersion)
    case refused(Refusal, version: StreamVersion)
    /// The command's id has been used on this stream with another payload.
    case idempotencyKeyReused
    /// Its events are larger together than a record may be, of `limit` bytes where that is known. Nothing happened.
    case tooLarge(limit: Int?)
    /// More commands wait than the limit. Nothing happened.
    case overloaded
    /// This instance does not write the stream's partition. Nothing happened.
    case notOwner
    /// It cannot be decided now, for the reason given, which names no path, host or process. Nothing happened.
    case unavailable(String)
    /// No definite answer within the deadline: it may yet be committed. Sent again with the same id, it is safe.
    case unknown
}

/// A commit as its client sees it.
public struct CommitReceipt: Sendable {
    public let stream: StreamID
    public let firstVersion: StreamVersion
    public let position: LogPosition
    public let events: [EncodedEvent]
    /// Whether an earlier attempt of the command made the commit.
    public let isReplay: Bool

    public init(stream: StreamID, firstVersion: StreamVersion, position: LogPosition, events: [EncodedEvent], isReplay: Bool) {
        self.stream = stream
        self.firstVersion = firstVersion
        self.position = position
        self.events = events
        self.isReplay = isReplay
    }

    /// The stream's version after the commit.
    public var version: StreamVersion { firstVersion + (events.count - 1) }
    public var createdStream: Bool { firstVersion == StreamVersion.none.next }
}
