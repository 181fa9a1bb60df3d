public import EventLog
public import EventModel

/// The write model's memory of one partition: each stream's state and where its commits stand, and the position that all of it is the
/// fold of. A cache over the log: deleting it loses nothing.
///
/// Laws, held by the conformance suite in HighwaterTesting: a batch is saved whole or not at all; what was saved is there on reopening; a
/// store of another fold version, or one whose position the log does not hold, is emptied, never used; whoever opened it last is its only
/// user, so that a deposed writer cannot take it back to an older position.
///
/// Every function throws ``StateStoreError``, or `CancellationError` in a cancelled task.
public protocol StateStore: Sendable {
    /// The position that the store is the fold of.
    func position() async throws -> ChainPosition

    /// Forgets everything.
    func reset() async throws

    /// The streams among `ids` that exist.
    func streams(_ ids: [StreamID]) async throws -> [StreamID: StoredStream]

    /// False only where the store does not hold the stream, nor has begun to save it; true where that is not known. Answers at once, from
    /// memory, also in a store that has been opened again since: what is decided on it stands only if nobody else has written, as with
    /// everything that a writer keeps in memory.
    func mayHold(_ stream: StreamID) -> Bool

    /// The commit that a command made on a stream.
    func commit(of command: CommandID, on stream: StreamID) async throws -> CommitReference?

    /// A stream's commits that hold versions from `version` on, oldest first, at most `limit`; none where `limit` is below 1.
    func commits(of stream: StreamID, from version: StreamVersion, limit: Int) async throws -> [CommitReference]

    /// Saves a batch in one transaction. After an error it may be saved again, whether or not it was saved: that changes nothing.
    func save(_ batch: StateBatch) async throws
}

extension StateStore {
    public func mayHold(_ stream: StreamID) -> Bool { true }
}

/// Opens the state stores of a topic's partitions.
public protocol StateStoreProvider: Sendable {
    /// Opens a partition's store and takes it from whoever opened it before: their calls then throw `superseded`.
    ///
    /// - Parameter foldVersion: names the fold; a store that holds another one's is emptied.
    func open(_ partition: TopicPartition, foldVersion: String) async throws -> any StateStore
}

/// A stream as a state store has it.
public struct StoredStream: Sendable {
    public let version: StreamVersion
    public let state: Bytes
    /// The newest commits, oldest first, at most ``recentLimit``.
    public let recent: [CommitReference]
    /// Whether ``recent`` holds all of the stream's commits.
    public let isRecentComplete: Bool

    public static let recentLimit = 32

    public init(version: StreamVersion, state: Bytes, recent: [CommitReference], isRecentComplete: Bool) {
        self.version = version
        self.state = state
        self.recent = recent
        self.isRecentComplete = isRecentComplete
    }
}

/// What commits have changed since a store's position.
public struct StateBatch: Sendable {
    public struct Stream: Sendable {
        public let id: StreamID
        public let version: StreamVersion
        public let state: Bytes
        /// Commits that the store does not have yet, oldest first.
        public let commits: [CommitReference]

        public init(id: StreamID, version: StreamVersion, state: Bytes, commits: [CommitReference]) {
            self.id = id
            self.version = version
            self.state = state
            self.commits = commits
        }
    }

    public let position: ChainPosition
    /// Each stream once.
    public let streams: [Stream]

    public init(position: ChainPosition, streams: [Stream]) {
        self.position = position
        self.streams = streams
    }
}
