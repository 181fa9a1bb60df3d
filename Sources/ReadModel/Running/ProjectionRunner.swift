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
                membership = try await log.join(group: "\(projection.id.name).projectors", topic: topic)
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
            await self.follow(assigned, membership)
            group.cancelAll()
        }
        await membership.leave()
    }

    /// One session after another, each from what the store holds.
    private func follow(_ assigned: AssignedPartitions, _ membership: any GroupMembership) async {
        var faults = Backoff(base: options.retry.base, cap: options.retry.cap)
        var fences = Backoff(base: .milliseconds(1), cap: .milliseconds(50))
        while !Task.isCancelled {
            do {
                guard let generation = try await liveGeneration() else { continue }
                if try await waitForHold(generation, &fences) { continue }
                let session = RunnerSession(self, generation, assigned, membership)
                defer { if session.hasApplied { faults.reset() } }
                switch try await session.run() {
                case .reassigned: fences.reset()
                case .fenced:
                    metrics.fenced.increment()
                    update { $0.fencedBatches += 1 }
                    if session.hasApplied { fences.reset() }
                    try await environment.clock.sleep(for: fences.next(jitter: environment.jitter()))
                }
            } catch {
                if Task.isCancelled { return }
                if isPermanent(error) {
                    await stop(after: error)
                } else {
                    await pause(after: error, &faults)
                }
            }
        }
    }

    /// The generation to fold into; nil where one had to be built first.
    private func liveGeneration() async throws -> Generation? {
        let partitions = try await log.partitions(of: topic)
        switch try await LiveGeneration.find(projection.schema, in: store, topic: topic, partitions: partitions) {
        case .current(let generation):
            update { $0.generation = generation.number }
            return generation
        case .outdated(let old):
            update { $0.state = .building }
            logger.info(
                "the live generation is of an older version; building a new one beside it", metadata: ["live": "\(old.schema.projection)"])
            let rebuild = Rebuild(
                projection, store: store, log: log, topic: topic, options: options.rebuild,
                builder: "runner-\(UInt64(environment.jitter() * 1e15))", environment: environment, logger: logger)
            _ = try await rebuild.run()
            return nil
        }
    }

    /// Waits a moment where a swap holds the generation still.
    private func waitForHold(_ generation: Generation, _ backoff: inout Backoff) async throws -> Bool {
        guard let heldUntil = generation.heldUntil else { return false }
        if heldUntil <= environment.now() {
            try await store.hold(generation, until: nil)  // whoever held it is gone
        } else {
            try await environment.clock.sleep(for: max(.milliseconds(1), backoff.next(jitter: environment.jitter())))
        }
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

    /// Waits until the read model is another one than that which failed, as after a rebuild.
    private func stop(after error: any Error) async {
        metrics.faults.increment()
        update { $0.state = .stopped("\(error)") }
        logger.error("the projection is stopped", metadata: ["error": "\(error)"])
        let failed = try? await store.generations(of: projection.id.name)
        while !Task.isCancelled {
            do {
                try await environment.clock.sleep(for: options.recheck)
                if try await store.generations(of: projection.id.name).first(where: { $0.state == .live })?.number
                    != failed?.first(where: { $0.state == .live })?.number
                {
                    return
                }
            } catch {}
        }
    }
}
