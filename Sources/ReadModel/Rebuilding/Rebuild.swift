public import EventLog
import EventModel
public import Logging
import Synchronization

/// Fills a new generation of a projection from offset zero beside the live one, and swaps it in.
///
/// Every partition is folded in memory at once within a byte budget, and each row written once and in key order; then the new generation
/// catches up, is compared with the live one if wished, and takes its place in one transaction, when it is nowhere behind it: readers
/// never fail and never go back. The live one is kept as retired, for ``rollBack(progress:)``; older ones are dropped. Live workers keep
/// on and follow by themselves. Faults of store and log that may pass are waited out. Stopped at any point it leaves the live view
/// untouched; the next run begins anew, as soon as the lease of one that was killed has run out.
///
/// Once it is filled, a generation is `ready` and kept, whatever becomes of the rebuild: the next one takes it on instead of building again.
/// So one does that could not be swapped in for others' transactions on the view, for which a rebuild waits as long as it must.
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
        /// The first and the longest wait after a fault of store or log that may pass.
        public var retry: (base: Duration, cap: Duration)
        /// How long one such fault may last before it ends the rebuild.
        public var patience: Duration

        public init(
            parallel: Int = 4, memory: Int = 512 << 20, verify: Bool = true, swap: Bool = true, batchBytes: Int = 1 << 20,
            lease: Duration = .seconds(10), retry: (base: Duration, cap: Duration) = (.milliseconds(100), .seconds(5)),
            patience: Duration = .seconds(60)
        ) {
            self.parallel = max(1, parallel)
            self.memory = memory
            self.verify = verify
            self.swap = swap
            self.batchBytes = batchBytes
            self.lease = lease
            self.retry = retry
            self.patience = patience
        }
    }

    let projection: RegisteredProjection
    let store: PatientStore
    let log: PatientLog
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
        let patience = Patience(retry: options.retry, limit: options.patience, environment: environment, logger: logger)
        self.store = PatientStore(store: store, patience: patience)
        self.log = PatientLog(log: log, patience: patience)
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
        guard let result = try await run(isWanted: { _ in true }, progress: progress) else { throw CancellationError() }
        return result
    }

    /// - Parameter isWanted: asked, once nobody else can build, whether what is live still calls for a rebuild.
    /// - Returns: nil where it does not.
    func run(
        isWanted: @escaping @Sendable (_ live: Generation?) -> Bool, progress: @escaping @Sendable (RebuildProgress) -> Void = { _ in }
    ) async throws -> RebuildResult? {
        if let problem = projection.schema.problems.first {
            throw ReadModelError(.incompatibleLayout, "projection '\(name)': \(problem)")
        }
        let partitions = try await log.partitions(of: topic)
        let generations = try await store.generations(of: name)
        if let live = generations.first(where: { $0.state == .live }), live.schema.projection.version > projection.id.version {
            throw ReadModelError(
                .incompatibleLayout,
                "the live generation of '\(name)' is of version \(live.schema.projection.version), newer than this program's "
                    + "\(projection.id.version); use the newer program")
        }
        try checkNobodyBuilds(generations)
        let tracker = ProgressTracker(environment, progress)
        let (generation, isFresh) = try await obtain(among: generations, partitions: partitions)
        let filling = Filling(isUnderWay: isFresh)
        do {
            return try await leased(generation, filling) {
                let live = try await store.generations(of: name).first { $0.state == .live }
                guard isWanted(live) else { throw Unwanted() }
                let building = Building(self, generation, live: live, tracker)
                let old = try await building.comparable()
                if isFresh {
                    try await building.fill(toCompareWith: old)
                    try await building.markReady()
                    filling.end()
                }
                return try await building.complete(comparingWith: old)
            }
        } catch is Unwanted {
            return nil
        }
    }

    /// Somebody else has built it meanwhile.
    private struct Unwanted: Error {}

    /// Whether a generation's rows are still being filled in, so that it is of no use to the next rebuild.
    private final class Filling: Sendable {
        private let flag: Atomic<Bool>

        init(isUnderWay: Bool) { flag = Atomic(isUnderWay) }

        var isUnderWay: Bool { flag.load(ordering: .acquiring) }
        func end() { flag.store(false, ordering: .releasing) }
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
        try checkNobodyBuilds(generations)
        let tracker = ProgressTracker(environment, progress)
        guard try await store.renew(builder, for: options.lease, on: retired) else {
            throw ReadModelError(.rebuildInProgress, "the retired generation of '\(name)' is being worked on by another process")
        }
        return try await leased(retired, Filling(isUnderWay: false)) {
            let building = Building(self, retired, live: generations.first { $0.state == .live }, tracker)
            try await building.swapIn()
            return building.result(.rolledBack, verification: nil)
        }
    }

    /// One works on a projection at a time, whether it builds, takes on what is ready, or rolls back.
    private func checkNobodyBuilds(_ generations: [Generation]) throws(ReadModelError) {
        for generation in generations where generation.state != .live {
            if let held = generation.lease, held.builder != builder, !held.isOver {
                throw ReadModelError.rebuilt(name, by: held)
            }
        }
    }

    /// Before so many rows are loaded in one transaction, behind which a store with one writer lets no renewal through.
    func extendLease(on generation: Generation, toLoad rows: Int) async throws {
        guard try await store.renew(builder, for: max(options.lease, .seconds(rows / 20_000)), on: generation) else {
            throw Self.fenced(generation)
        }
    }

    /// A ready generation that fits, or a new one.
    private func obtain(among generations: [Generation], partitions: Int) async throws -> (Generation, isFresh: Bool) {
        // One of a newer version waits for the newer program.
        for ready in generations where ready.state == .ready && ready.schema.projection.version <= projection.id.version {
            let fits = ready.schema == projection.schema && ready.topic == topic && ready.partitions == partitions
            if fits, try await log.holds(try await store.positions(of: ready), of: topic) {
                if try await store.renew(builder, for: options.lease, on: ready) { return (ready, false) }
            } else {
                try await store.drop(ready)
            }
        }
        do {
            let made = try await store.createGeneration(
                projection.schema, topic: topic, partitions: partitions, purpose: .rebuild(builder: builder, lease: options.lease))
            return (made, true)
        } catch  where Task.isCancelled {
            // It may have been made all the same.
            await afterwards { store in
                for left in try await store.generations(of: name) where left.state == .building && left.lease?.builder == builder {
                    try await store.drop(left)
                }
            }
            throw error
        }
    }

    /// Clears up, also when cancelled: a task of its own is not. Once, since whoever waits wants to be told: a lease runs out by itself.
    private func afterwards(_ clear: @escaping @Sendable (any ReadModelStore) async throws -> Void) async {
        let store = store.store
        await Task { try? await clear(store) }.value
    }

    /// Runs `body` while the lease is renewed, and gives the lease up when no renewal can come any more. Nothing is left of a generation that
    /// was not filled where `body` throws.
    private func leased(
        _ generation: Generation, _ filling: Filling, _ body: @escaping @Sendable () async throws -> RebuildResult
    ) async throws -> RebuildResult {
        do {
            let result = try await withThrowingTaskGroup(of: RebuildResult?.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await body() }
                group.addTask {
                    while true {
                        try await environment.clock.sleep(for: options.lease / 3)
                        do {
                            // Not patiently: the next round brings a newer lease.
                            guard try await store.store.renew(builder, for: options.lease, on: generation) else {
                                // Once it is live there is nothing to renew.
                                if try await isLive(generation) { return nil }
                                throw Self.fenced(generation)
                            }
                        } catch let error as ReadModelError where error.isRetriable {
                            logger.warning("the rebuild's lease was not renewed", metadata: ["error": "\(error)"])
                        }
                    }
                }
                while let next = try await group.next() {
                    if let result = next { return result }
                }
                throw CancellationError()
            }
            if result.outcome == .ready || result.outcome == .differs { try await store.finish(generation) }
            return result
        } catch let error as ReadModelError where error.code == .fenced {
            throw error  // it is somebody else's now
        } catch {
            await afterwards { try await filling.isUnderWay ? $0.drop(generation) : $0.finish(generation) }
            throw error
        }
    }

    private func isLive(_ generation: Generation) async throws -> Bool {
        try await store.store.generations(of: name).contains { $0.number == generation.number && $0.state == .live }
    }

    static func fenced(_ generation: Generation) -> ReadModelError {
        ReadModelError(.fenced, "\(generation) was taken away from this rebuild: another one took it for dead; the live view is untouched")
    }
}
