/// How a ``ProjectionRunner`` works.
public struct ProjectionRunnerOptions: Sendable {
    /// Bytes of records read at once from each partition; with the number of partitions it bounds a batch.
    public var batchBytes: Int
    /// How long records are gathered, having caught up: bounds the reads and transactions per second, and adds as much to the lag at most.
    public var gathering: Duration
    /// Rows of a partition kept in memory between batches.
    public var cachedRows: Int
    /// The first and the longest wait after a fault.
    public var retry: (base: Duration, cap: Duration)
    /// How often a stopped projection looks whether it has been mended.
    public var recheck: Duration
    /// How often a runner looks for generations that somebody has begun to build and abandoned, and drops them.
    public var clearing: Duration
    /// How often a worker looks whether its database is the one that it began with, where that can be replaced.
    public var storeCheck: Duration
    /// How often the database's other partitions are looked at.
    public var watch: Duration
    /// After how long a partition that stands still although records wait is taken, whatever the group says.
    public var adoption: Duration
    /// For a generation that the runner itself builds: where the projection's version was raised, or nothing is there yet.
    public var rebuild: Rebuild.Options
    /// From how many records on the first generation is built in bulk, as a rebuild is, rather than event by event. Until it is complete
    /// the view is not there, and queries say so.
    public var bulkRecords: Int64

    public init(
        batchBytes: Int = 1 << 20, gathering: Duration = .milliseconds(20), cachedRows: Int = 10_000,
        retry: (base: Duration, cap: Duration) = (.milliseconds(100), .seconds(10)), recheck: Duration = .seconds(5),
        clearing: Duration = .seconds(5), storeCheck: Duration = .seconds(1), watch: Duration = .seconds(5),
        adoption: Duration = .seconds(10),
        rebuild: Rebuild.Options = Rebuild.Options(memory: 128 << 20), bulkRecords: Int64 = 50_000
    ) {
        self.batchBytes = batchBytes
        self.gathering = gathering
        self.cachedRows = cachedRows
        self.retry = retry
        self.recheck = recheck
        self.clearing = clearing
        self.storeCheck = storeCheck
        self.watch = watch
        self.adoption = adoption
        self.rebuild = rebuild
        self.bulkRecords = bulkRecords
    }
}
