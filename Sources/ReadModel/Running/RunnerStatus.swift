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
        /// Why the partition is stopped, naming the event.
        public var failure: String?

        public var lag: Int64 { max(0, end.rawValue - next.rawValue) }
    }

    public var state: State = .starting
    public var generation: Int?
    /// The partitions assigned to this runner.
    public var partitions: [Partition: PartitionProgress] = [:]
    /// Records that the chain rule skipped.
    public var voidRecords = 0
    /// Batches that took no effect because somebody else had moved the position.
    public var fencedBatches = 0

    public init() {}

    public var lagRecords: Int64 { partitions.values.reduce(0) { $0 + $1.lag } }
    public var isCaughtUp: Bool { state == .running && lagRecords == 0 && partitions.values.allSatisfy { $0.failure == nil } }
    /// The first error there is, for people.
    public var failure: String? {
        switch state {
        case .retrying(let error), .stopped(let error): error
        default: partitions.sorted { $0.key < $1.key }.lazy.compactMap(\.value.failure).first
        }
    }
}
