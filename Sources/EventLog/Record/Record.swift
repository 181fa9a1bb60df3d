public import EventModel

/// What stands in the log.
public enum Record: Hashable, Sendable {
    /// A writer takes a partition.
    case claim(Claim)
    /// All events of one command. They are atomic because a record is.
    case commit(Commit)

    public var header: RecordHeader {
        switch self {
        case .claim(let claim): .claim(claim.epoch)
        case .commit(let commit): .commit(commit.epoch, commit.sequence)
        }
    }
}

/// Which of a partition's writers: each claim has a higher epoch than all before it. Writers begin at the milliseconds since 1970, so that
/// no two logs have the same.
public struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Before the first claim.
    public static let zero = Epoch(0)
    /// Beyond every valid claim.
    public static let limit = Epoch(.max)

    public let rawValue: Int64

    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var next: Self { Self(rawValue + 1) }
    public var description: String { String(rawValue) }
}

/// A commit's number within its epoch, from 1.
public struct CommitSequence: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// After a claim, before its first commit.
    public static let zero = CommitSequence(0)

    public let rawValue: Int64

    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var next: Self { Self(rawValue + 1) }
    public var description: String { String(rawValue) }
}

public struct Claim: Hashable, Sendable {
    public var epoch: Epoch
    /// Names the claiming instance, for people.
    public var writer: String
    public var at: Timestamp
    /// How many partitions the topic has. Another number than today's means that streams have changed partition.
    public var partitions: Int32

    public init(epoch: Epoch, writer: String, at: Timestamp, partitions: Int32) {
        self.epoch = epoch
        self.writer = writer
        self.at = at
        self.partitions = partitions
    }
}

/// A class, since it goes through many hands on its way from the log into a fold: handing it on copies nothing.
public final class Commit: Sendable {
    public let epoch: Epoch
    public let sequence: CommitSequence
    public let stream: StreamID
    /// The version of the first of ``events``.
    public let firstVersion: StreamVersion
    public let commandDigest: Bytes
    /// At least one.
    public let events: [EncodedEvent]
    /// What is known of the command.
    public let metadata: EventMetadata

    public convenience init(
        epoch: Epoch, sequence: CommitSequence, stream: StreamID, firstVersion: StreamVersion, commandID: CommandID,
        commandDigest: Bytes, correlationID: String = "", causationID: String = "", actor: String = "", at: Timestamp,
        traceparent: String = "", events: [EncodedEvent]
    ) {
        self.init(
            epoch: epoch, sequence: sequence, stream: stream, firstVersion: firstVersion, commandDigest: commandDigest, events: events,
            metadata: EventMetadata(
                commandID: commandID, correlationID: correlationID, causationID: causationID, actor: actor, at: at,
                traceparent: traceparent))
    }

    init(
        epoch: Epoch, sequence: CommitSequence, stream: StreamID, firstVersion: StreamVersion, commandDigest: Bytes,
        events: [EncodedEvent], metadata: EventMetadata
    ) {
        self.epoch = epoch
        self.sequence = sequence
        self.stream = stream
        self.firstVersion = firstVersion
        self.commandDigest = commandDigest
        self.events = events
        self.metadata = metadata
    }

    public var commandID: CommandID { metadata.commandID }
    public var correlationID: String { metadata.correlationID }
    public var causationID: String { metadata.causationID }
    public var actor: String { metadata.actor }
    public var at: Timestamp { metadata.at }
    public var traceparent: String { metadata.traceparent }

    /// The stream's version after this commit.
    public var lastVersion: StreamVersion { firstVersion + (events.count - 1) }
}

extension Commit: Hashable {
    public static func == (a: Commit, b: Commit) -> Bool {
        a === b
            || a.epoch == b.epoch && a.sequence == b.sequence && a.stream == b.stream && a.firstVersion == b.firstVersion
                && a.commandDigest == b.commandDigest && a.events == b.events && a.metadata == b.metadata
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(epoch)
        hasher.combine(sequence)
        hasher.combine(stream)
        hasher.combine(firstVersion)
        hasher.combine(commandDigest)
        hasher.combine(events)
        hasher.combine(metadata)
    }
}
