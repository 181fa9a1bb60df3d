public import EventLog
public import EventModel

/// Where a stream's commit stands in the log.
public struct CommitReference: Hashable, Sendable {
    public let offset: Offset
    public let firstVersion: StreamVersion
    public let events: Int
    public let commandID: CommandID
    public let commandDigest: CommandDigest

    public init(offset: Offset, firstVersion: StreamVersion, events: Int, commandID: CommandID, commandDigest: CommandDigest) {
        self.offset = offset
        self.firstVersion = firstVersion
        self.events = events
        self.commandID = commandID
        self.commandDigest = commandDigest
    }

    init(_ commit: Commit, at offset: Offset) {
        self.init(
            offset: offset, firstVersion: commit.firstVersion, events: commit.events.count, commandID: commit.commandID,
            commandDigest: CommandDigest(bytes: commit.commandDigest))
    }

    public var lastVersion: StreamVersion { firstVersion + (events - 1) }
}

extension CommandDigest {
    /// For state stores, which keep digests.
    public init(stored bytes: Bytes) { self.init(bytes: bytes) }
    public var storedBytes: Bytes { bytes }
}
