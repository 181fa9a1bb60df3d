public import EventLog
import EventModel
import Synchronization

/// Compares a live read model with a fold of the log at equal positions, while it goes on being written.
///
/// The log is folded in memory; where that would take more than the budget, in several passes, each for a share of the keys.
public struct Verification: Sendable {
    public struct Options: Sendable {
        /// Partitions read and folded at the same time.
        public var parallel: Int
        /// About how many bytes the fold may take.
        public var memory: Int
        /// How many of the differing rows are told.
        public var maximumDifferences: Int
        /// Bytes of records read at once from a partition.
        public var batchBytes: Int

        public init(parallel: Int = 4, memory: Int = 512 << 20, maximumDifferences: Int = 100, batchBytes: Int = 1 << 20) {
            self.parallel = max(1, parallel)
            self.memory = memory
            self.maximumDifferences = maximumDifferences
            self.batchBytes = batchBytes
        }
    }

    private let projection: RegisteredProjection
    private let store: any ReadModelStore
    private let log: any EventLog
    private let topic: Topic
    private let options: Options
    private let environment: EngineEnvironment

    public init(
        _ projection: RegisteredProjection, store: any ReadModelStore, log: any EventLog, topic: Topic, options: Options = Options(),
        environment: EngineEnvironment = .system
    ) {
        self.projection = projection
        self.store = store
        self.log = log
        self.topic = topic
        self.options = options
        self.environment = environment
    }

    /// - Throws: ``ReadModelError`` `unknownProjection` where nothing is live, or it was swapped and dropped meanwhile;
    ///   `incompatibleLayout` where it is of another version; ``LogError`` `truncated` where it is of another log.
    public func run(progress: @escaping @Sendable (RebuildProgress) -> Void = { _ in }) async throws -> VerificationResult {
        let name = projection.id.name
        let partitions = try await log.historyPartitions(of: topic)
        guard let live = try await store.generations(of: name).first(where: { $0.state == .live }) else {
            throw ReadModelError(.unknownProjection, "'\(name)' has no live generation in \(store.name)")
        }
        guard live.schema.projection.version == projection.id.version else {
            throw ReadModelError(
                .incompatibleLayout,
                "the live generation of '\(name)' is of version \(live.schema.projection.version) and this program has version "
                    + "\(projection.id.version): verify it with the program that made it")
        }
        try LiveGeneration.check(live, projection.schema, topic: topic, partitions: partitions)
        let tracker = ProgressTracker(environment, progress)
        var passes = 1
        while true {
            if let found = try await compare(live, passes: passes, tracker) {
                return VerificationResult(
                    found.rows, schema: projection.schema, store: store.name, generation: live.number, positions: found.positions,
                    seconds: tracker.seconds)
            }
            passes *= 2
        }
    }

    /// Nil where the fold of a share of the keys takes more than the budget.
    private func compare(
        _ live: Generation, passes: Int, _ tracker: ProgressTracker
    ) async throws -> (rows: RowComparison.Found, positions: [Partition: ChainPosition])? {
        var found = RowComparison.Found()
        var positions: [Partition: ChainPosition] = [:]
        for index in 0..<passes {
            let share = KeyShare(index: index, count: passes)
            let stands = try await store.positions(of: live)
            tracker.update {
                $0.phase = .fold
                $0.totalRecords = Int64(passes) * stands.values.reduce(0) { $0 + $1.offset.next.rawValue }
            }
            let folds = ShareFolds(projection, log, topic, share, options, tracker)
            guard try await folds.fold(to: stands) else { return nil }
            (found, positions) = try await store.withSnapshot(of: live) { [found] snapshot in
                // The rest, up to where the snapshot stands.
                try await folds.fold(to: snapshot.positions, regardless: true)
                tracker.update {
                    $0.phase = .verify
                    $0.rows = 0
                }
                let comparison = RowComparison(projection.schema, maximumDifferences: options.maximumDifferences) { count in
                    tracker.update { $0.rows += Int64(count) }
                }
                let compared = try await comparison.compare(
                    expected: folds.rows, actual: SnapshotRows(snapshot, share: share), into: found)
                return (compared, snapshot.positions)
            }
        }
        return (found, positions)
    }
}
