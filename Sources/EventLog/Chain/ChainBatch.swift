public import EventModel

/// The valid records among consecutive entries of a partition.
public struct ChainBatch: Sendable {
    /// Those that the reading is for, in order of offset; possibly none.
    public let records: [ChainedRecord]
    /// After the last valid record read so far.
    public let position: ChainPosition
    /// The offset after the last entry read, void ones included.
    public let next: Offset
    /// The partition's end when the batch was read.
    public let end: Offset
    /// How many entries were void.
    public let voids: Int
    /// How many entries were valid claims, and valid commits, whether the reading is for them or not.
    public let claims: Int
    public let commits: Int

    public init(
        records: [ChainedRecord], position: ChainPosition, next: Offset, end: Offset, voids: Int, claims: Int = 0, commits: Int = 0
    ) {
        self.records = records
        self.position = position
        self.next = next
        self.end = end
        self.voids = voids
        self.claims = claims
        self.commits = commits
    }
}

/// A valid record and where it stands.
public struct ChainedRecord: Sendable {
    public let offset: Offset
    public let storedAt: Timestamp
    public let record: Record

    public init(offset: Offset, storedAt: Timestamp, record: Record) {
        self.offset = offset
        self.storedAt = storedAt
        self.record = record
    }

    public var commit: Commit? { if case .commit(let commit) = record { commit } else { nil } }
    public var claim: Claim? { if case .claim(let claim) = record { claim } else { nil } }
}
