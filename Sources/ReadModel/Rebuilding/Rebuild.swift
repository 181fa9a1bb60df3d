public import EventLog
import EventModel
public import Logging

/// Fills a new generation of a projection from offset zero beside the live one, and swaps it in.
///
/// Every partition is folded in memory at once within a byte budget, and each row written once and in key order; then the new generation
/// catches up, is compared with the live one if wished, and takes its place in one transaction, when it is nowhere behind it: readers
/// never fail and never go back. The live one is kept as retired, for ``rollBack(progress:)``; older ones are dropped. Live workers keep
/// on and follow by themselves. Stopped at any point it leaves the live view untouched; the next run begins anew.
///
/// A `ready` generation, left by a rebuild without swap, is taken on instead of built again.
public struct Rebuild: Sendable {
    public struct Options: Sendable {
        /// Partitions read and folded at the same time.
        public var parallel: Int
        /// About how many bytes the fold may take; beyond them rows are written in between.
        public var memory: Int
        /// Whether old and new rows are compared, where they are of the same version. Differing, the new generation is left `ready`.
        public var verify: Bool
        /// Whether the new generation goes live; else it is left `ready`.
        public var swap: Bool
        /// Bytes of records read at once from a partition.
        public var batchBytes: Int
        /// How long a rebuild that does not stir is taken for alive.
        public var lease: Duration

        public init(
            parallel: Int = 4, memory: Int = 512 << 20, verify: Bool = true, swap: Bool = true, batchBytes: Int = 1 << 20,
            lease: Duration = .seconds(30)
        ) {
            self.parallel = max(1, parallel)
            self.memory = memory
            self.verify = verify
            self.swap = swap
            self.batchBytes = batchBytes
            self.lease = lease
        }
    }

    let projection: RegisteredProjection
    let store: any ReadModelStore
    let log: any EventLog
    let topic: Topic
    let options: Options
    let builder: String
    let environment: EngineEnvironment
    let logger: Logger

    /// - Parameter builder: unique to this run of this process, such as host, process id and start time.
    public init(
        _ projection: RegisteredProjection, store: any ReadModelStore, log: any EventLog, topic: Topic, options: Options = Options(),
        builder: String, environment: EngineEnvironment = .system, logger: Logger
    ) {
        self.projection = projection
        self.store = store
        self.log = log
        self.topic = topic
        self.options = options
        self.builder = builder
        self.environment = environment
        self.logger = logger
    }

    var name: String { projection.id.name }

    /// - Throws: ``ReadModelError`` `rebuildInProgress` where another runs, `fenced` where another took this one for dead,
    ///   `unreadableEvent`, `incompatibleLayout` where the live generation is of a newer version; faults of store and log.
    public func run(progress: @escaping @Sendable (RebuildProgress) -> Void = { _ in }) async throws -> RebuildResult {
        if let problem = projection.schema.problems.first {
            throw ReadModelError(.incompatibleLayout, "projection '\(name)': \(problem)")
        }
        let partitions = try await log.partitions(of: topic)
        let generations = try await store.generations(of: name)
        let live = generations.first { $0.state == .live }
        if let live, live.schema.projection.version > projection.id.version {
            throw ReadModelError(
                .incompatibleLayout,
                "the live generation of '\(name)' is of version \(live.schema.projection.version), newer than this program's "
                    + "\(projection.id.version); use the newer program")
        }
        let tracker = ProgressTracker(environment, progress)
        let (generation, isFresh) = try await obtain(among: generations, partitions: partitions)
        return try await leased(generation, dropOnFailure: true) {
            let building = Building(self, generation, live: live, tracker)
            if isFresh { try await building.fill() }
            return try await building.complete()
        }
    }

    /// Makes the retired generation live again, once it has caught up; the one that was live is retired in its place.
    ///
    /// - Throws: `nothingToRollBackTo` where there is none, or it is of another version than this program's projection, whose fold is
    ///   needed to catch up.
    public func rollBack(progress: @escaping @Sendable (RebuildProgress) -> Void = { _ in }) async throws -> RebuildResult {
        let generations = try await store.generations(of: name)
        guard let retired = generations.last(where: { $0.state == .retired }) else {
            throw ReadModelError(.nothingToRollBackTo, "'\(name)' has no retired generation in \(store.name)")
        }
        guard retired.schema == projection.schema else {
            throw ReadModelError(
                .nothingToRollBackTo,
                "the retired generation of '\(name)' is of version \(retired.schema.projection.version) and this program has version "
                    + "\(projection.id.version): roll back with the program that made it, since its fold is needed to catch up")
        }
        let tracker = ProgressTracker(environment, progress)
        guard try await store.renew(lease(), on: retired, now: environment.now()) else {
            throw ReadModelError(.rebuildInProgress, "the retired generation of '\(name)' is being worked on by another process")
        }
        return try await leased(retired, dropOnFailure: false) {
            let building = Building(self, retired, live: generations.first { $0.state == .live }, tracker)
            try await building.swapIn()
            return building.result(.rolledBack, verification: nil)
        }
    }

    private func lease() -> BuildLease {
        BuildLease(builder: builder, expires: environment.now().advanced(by: options.lease))
    }

    /// A ready generation that fits, or a new one.
    private func obtain(among generations: [Generation], partitions: Int) async throws -> (Generation, isFresh: Bool) {
        for ready in generations where ready.state == .ready {
            let fits = ready.schema == projection.schema && ready.topic == topic && ready.partitions == partitions
            if fits, try await LogCheck(log: log, topic: topic).holds(try await store.positions(of: ready)) {
                if try await store.renew(lease(), on: ready, now: environment.now()) { return (ready, false) }
            } else {
                try await store.drop(ready)
            }
        }
        let made = try await store.createGeneration(
            projection.schema, topic: topic, partitions: partitions, purpose: .rebuild(lease(), now: environment.now()))
        return (made, true)
    }

    /// Runs `body` while the lease is renewed; whatever it throws, the live generation is not held any more afterwards.
    private func leased(
        _ generation: Generation, dropOnFailure: Bool, _ body: @escaping @Sendable () async throws -> RebuildResult
    ) async throws -> RebuildResult {
        do {
            return try await withThrowingTaskGroup(of: RebuildResult.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await body() }
                group.addTask {
                    while true {
                        try await environment.clock.sleep(for: options.lease / 3)
                        guard try await store.renew(lease(), on: generation, now: environment.now()) else {
                            throw Self.fenced(generation)
                        }
                    }
                }
                guard let result = try await group.next() else { throw CancellationError() }
                return result
            }
        } catch {
            // Also when cancelled: a task of its own is not.
            let store = store
            await Task {
                try? await (dropOnFailure ? store.drop(generation) : store.finish(generation))
            }.value
            throw error
        }
    }

    static func fenced(_ generation: Generation) -> ReadModelError {
        ReadModelError(.fenced, "\(generation) was taken away from this rebuild: another one took it for dead; the live view is untouched")
    }
}
