public import EventLog
import EventModel
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Keeps one projection's read model in one store up to date.
///
/// Owns the partitions that the log's group assigns to it, and reads, folds and applies what there is, in one transaction for all of them
/// that have something. Rows move together with the position, by compare-and-set: each event takes effect once, however many runners
/// there are and whatever crashes. A runner that finds its position moved by another, or its generation swapped, starts again from what is
/// stored.
///
/// Faults of store and log are retried for ever, with backoff, and told in ``status`` and the log; what nobody but a person can mend
/// (a truncated log, an unreadable event) stops the projection or the partition, never skips. ``run()`` returns at graceful shutdown.
public final class ProjectionRunner: Service {
    let projection: RegisteredProjection
    let store: any ReadModelStore
    let log: any EventLog
    let topic: Topic
    let signal: AppliedSignal
    let options: ProjectionRunnerOptions
    let environment: EngineEnvironment
    let logger: Logger
    let metrics: RunnerMetrics
    private let shared = Mutex(RunnerStatus())
    private let bulkFailed = Atomic(false)
    /// The generation that it folds into.
    let current = Mutex<Generation?>(nil)
    /// The partitions that the topic had when it was last found to be as it was written.
    private let checkedCount = Mutex<Int?>(nil)

    /// - Parameter signal: the one that the process's ``ReadModelQueries`` of the same store listen to.
    public init(
        _ projection: RegisteredProjection, store: any ReadModelStore, log: any EventLog, topic: Topic, signal: AppliedSignal,
        options: ProjectionRunnerOptions = ProjectionRunnerOptions(), environment: EngineEnvironment = .system, logger: Logger
    ) {
        self.projection = projection
        self.store = store
        self.log = log
        self.topic = topic
        self.signal = signal
        self.options = options
        self.environment = environment
        var logger = logger
        logger[metadataKey: "projection"] = "\(projection.id)"
        logger[metadataKey: "store"] = "\(store.name)"
        self.logger = logger
        metrics = RunnerMetrics(projection: projection.id.name, store: store.name)
    }

    public var status: RunnerStatus { shared.withLock { $0 } }

    func update(_ change: (inout RunnerStatus) -> Void) { shared.withLock { change(&$0) } }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.work() }
        update { $0.state = .finished }
    }

    private func work() async {
        var backoff = Backoff(base: options.retry.base, cap: options.retry.cap)
        var membership: (any GroupMembership)?
        while !Task.isCancelled, membership == nil {
            do {
                membership = try await log.join(group: store.group(of: projection.id.name), topic: topic)
            } catch {
                await pause(after: error, &backoff)
            }
        }
        guard let membership else { return }
        let assigned = AssignedPartitions()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await partitions in membership.assignments { assigned.set(partitions) }
            }
            group.addTask { await self.clearAbandoned() }
            group.addTask { await self.watch(assigned) }
            await self.follow(assigned, membership)
            group.cancelAll()
        }
        await membership.leave()
    }

    /// What killed builders have left behind, once their leases are over.
    private func clearAbandoned() async {
        while !Task.isCancelled {
            do {
                let name = projection.id.name
                if try await store.generations(of: name).contains(where: \.isAbandoned) {
                    let dropped = try await store.dropAbandoned(of: name)
                    if !dropped.isEmpty { logger.info("dropped abandoned generations", metadata: ["generations": "\(dropped)"]) }
                }
            } catch {
                // Told by those who need the store; the next look comes.
                logger.debug("abandoned generations were not looked for", metadata: ["error": "\(error)"])
            }
            try? await environment.clock.sleep(for: options.clearing)
        }
    }

    /// One session after another, each from what the store holds.
    private func follow(_ assigned: AssignedPartitions, _ membership: any GroupMembership) async {
        var faults = Backoff(base: options.retry.base, cap: options.retry.cap)
        var fences = Backoff(base: .milliseconds(1), cap: .milliseconds(50))
        while !Task.isCancelled {
            var found: Int?
            do {
                found = try await liveNumber()
                guard let generation = try await liveGeneration() else { continue }
                if try await waitForHold(generation, &fences) { continue }
                let session = RunnerSession(self, generation, assigned, membership)
                defer { if session.hasApplied { faults.reset() } }
                switch try await session.run() {
                case .reassigned: fences.reset()
                case .fenced:
                    metrics.fenced.increment()
                    update { $0.fencedBatches += 1 }
                    assigned.disown()
                    if session.hasApplied { fences.reset() }
                    try await environment.clock.sleep(for: fences.next(jitter: environment.jitter()))
                }
            } catch {
                if Task.isCancelled { return }
                if isPermanent(error) {
                    await stop(after: error, of: found)
                } else {
                    await pause(after: error, &faults)
                }
            }
        }
    }

    /// The generation to fold into; nil where one had to be built first.
    private func liveGeneration() async throws -> Generation? {
        let partitions = try await checkedPartitions()
        if let bulk = try await bulk(partitions) {
            do {
                try await build("much is in the log; building the first generation in bulk", over: bulk.live)
                return nil
            } catch let error as ReadModelError where error.code == .unreadableEvent || error.code == .unsupportedValue {
                // Event by event, it comes as far as it can, and the other partitions on.
                logger.error("the first generation cannot be built in bulk", metadata: ["error": "\(error)"])
                bulkFailed.store(true, ordering: .relaxed)
            }
        }
        switch try await LiveGeneration.find(projection.schema, in: store, topic: topic, partitions: partitions) {
        case .current(let generation):
            update { $0.generation = generation.number }
            current.withLock { $0 = generation }
            return generation
        case .outdated(let old):
            try await build("the live generation is of the older \(old.schema.projection); building a new one beside it", over: old.number)
            return nil
        }
    }

    /// The topic's partitions, looked into whenever their number is another than before.
    private func checkedPartitions() async throws -> Int {
        let count = try await log.partitions(of: topic)
        if checkedCount.withLock({ $0 }) == count { return count }
        let checked = try await log.historyPartitions(of: topic)
        checkedCount.withLock { $0 = checked }
        return checked
    }

    /// A long log of which there is nothing yet.
    private struct Bulk {
        /// The number of the empty generation that is live.
        let live: Int?
    }

    private func bulk(_ partitions: Int) async throws -> Bulk? {
        guard !bulkFailed.load(ordering: .relaxed) else { return nil }
        let live = try await store.generations(of: projection.id.name).first { $0.state == .live }
        if let live {
            guard live.schema == projection.schema, live.topic == topic, live.partitions == partitions,
                try await store.positions(of: live).values.allSatisfy({ $0 == .beginning })
            else { return nil }
        }
        var records: Int64 = 0
        for partition in Partition.all(of: partitions) {
            records += try await log.bounds(of: TopicPartition(topic, partition)).upperBound.rawValue
        }
        return records >= options.bulkRecords ? Bulk(live: live?.number) : nil
    }

    /// Builds a generation and makes it live, unless another than `live` is by then; or waits a moment where somebody else builds.
    private func build(_ why: String, over live: Int?) async throws {
        update { $0.state = .building }
        logger.info("\(why)")
        let rebuild = Rebuild(
            projection, store: store, log: log, topic: topic, options: options.rebuild,
            builder: "runner-\(UInt64(environment.jitter() * 1e15))", environment: environment, logger: logger)
        do {
            _ = try await rebuild.run(isWanted: { $0?.number == live })
        } catch let error as ReadModelError where error.code == .rebuildInProgress {
            try await environment.clock.sleep(for: min(options.recheck, .seconds(1)))
        }
    }

    /// Waits a moment where a swap holds the generation still.
    private func waitForHold(_ generation: Generation, _ backoff: inout Backoff) async throws -> Bool {
        guard generation.isHeld else { return false }
        try await environment.clock.sleep(for: max(.milliseconds(1), backoff.next(jitter: environment.jitter())))
        return true
    }

    private func isPermanent(_ error: any Error) -> Bool {
        switch error {
        case let error as LogError:
            [.truncated, .corrupt, .misconfigured, .partitionOutOfRange, .recordTooLarge].contains(error.code)
        case let error as ReadModelError:
            [.incompatibleLayout, .unsupportedValue, .unreadableEvent].contains(error.code)
        default: false
        }
    }

    private func pause(after error: any Error, _ backoff: inout Backoff) async {
        metrics.faults.increment()
        let wait = backoff.next(jitter: environment.jitter())
        update { $0.state = .retrying("\(error)") }
        logger.warning("the projection waits to try again", metadata: ["error": "\(error)", "wait": "\(wait)"])
        try? await environment.clock.sleep(for: wait)
    }

    /// Waits until another generation is live than that with which it failed, as after a rebuild, the database is another one, or a topic that
    /// was set up wrongly is as it was.
    private func stop(after error: any Error, of failed: Int?) async {
        metrics.faults.increment()
        update { $0.state = .stopped("\(error)") }
        logger.error("the projection is stopped", metadata: ["error": "\(error)"])
        let incarnation = try? await store.incarnation()
        while !Task.isCancelled {
            try? await environment.clock.sleep(for: options.recheck)
            // A store that cannot be asked is asked again.
            if let number = try? await liveNumber(), number != failed { return }
            if let now = try? await store.incarnation(), now != incarnation { return }
            let isOfTopic = (error as? LogError)?.code == .misconfigured
            if isOfTopic, (try? await log.historyPartitions(of: topic)) != nil { return }
        }
    }

    private func liveNumber() async throws -> Int? {
        try await store.generations(of: projection.id.name).first { $0.state == .live }?.number
    }
}
