public import EventLog
public import EventModel

/// What a ``ProjectionRunner`` is doing, as it knows itself.
public struct RunnerStatus: Sendable {
    public enum State: Hashable, Sendable {
        case starting
        /// Fills a new generation, since the live one is of an older version of the projection.
        case building
        case running
        /// Waits to try again after a fault.
        case retrying(String)
        /// Cannot go on until somebody mends something; looks for it now and then.
        case stopped(String)
        case finished
    }

    public struct PartitionProgress: Hashable, Sendable {
        public var position: ChainPosition
        /// The offset of the next record to apply; void ones are behind it.
        public var next: Offset
        /// The partition's end as last seen.
        public var end: Offset
        /// When the last record applied was stored.
        public var storedAt: Timestamp?
        /// When the oldest record that waits was stored, as far as is known.
        public var waitingSince: Timestamp?
        /// Why the partition is stopped, naming the event.
        public var failure: String?

        public var lag: Int64 { max(0, end.rawValue - next.rawValue) }
    }

    public var state: State = .starting
    public var generation: Int?
    /// The partitions assigned to this runner.
    public var partitions: [Partition: PartitionProgress] = [:]
    /// The database's other partitions, as last seen.
    public var others: [Partition: PartitionProgress] = [:]
    /// Records that the chain rule skipped.
    public var voidRecords = 0
    /// Batches that took no effect because somebody else had moved the position.
    public var fencedBatches = 0

    public init() {}

    /// Every partition that the database keeps: this runner's, and as last seen the others'.
    private var all: [Partition: PartitionProgress] { partitions.merging(others) { own, _ in own } }

    /// Records that the database has not applied, whichever worker is to do it.
    public var lagRecords: Int64 { all.values.reduce(0) { $0 + $1.lag } }

    /// How long the partition that is furthest behind has been so, at the most: since its oldest waiting record was stored, or else the last one
    /// applied.
    public func lagSeconds(at now: Timestamp) -> Double {
        let since = all.values.lazy.filter { $0.lag > 0 }.compactMap { $0.waitingSince ?? $0.storedAt }.min()
        return since.map { max(0, now.seconds(since: $0)) } ?? 0
    }

    /// How far behind the database is, for people.
    public var lag: String {
        let elsewhere = others.values.reduce(0) { $0 + $1.lag }
        return "lag \(lagRecords)" + (elsewhere > 0 ? ", \(elsewhere) of it in partitions that other workers have" : "")
    }

    public var isCaughtUp: Bool { state == .running && lagRecords == 0 && partitions.values.allSatisfy { $0.failure == nil } }
    /// The first error there is, for people.
    public var failure: String? {
        switch state {
        case .retrying(let error), .stopped(let error): error
        default: partitions.sorted { $0.key < $1.key }.lazy.compactMap(\.value.failure).first
        }
    }
}
