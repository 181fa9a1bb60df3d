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
    /// For a generation that the runner itself builds, where the projection's version was raised.
    public var rebuild: Rebuild.Options

    public init(
        batchBytes: Int = 1 << 20, gathering: Duration = .milliseconds(20), cachedRows: Int = 10_000,
        retry: (base: Duration, cap: Duration) = (.milliseconds(100), .seconds(10)), recheck: Duration = .seconds(5),
        rebuild: Rebuild.Options = Rebuild.Options()
    ) {
        self.batchBytes = batchBytes
        self.gathering = gathering
        self.cachedRows = cachedRows
        self.retry = retry
        self.recheck = recheck
        self.rebuild = rebuild
    }
}
