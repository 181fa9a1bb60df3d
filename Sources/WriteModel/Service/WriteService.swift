public import EventLog
public import EventModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// Writes a context's partitions: joins the writers' group, claims what it is told to, and decides commands. What it has claimed it writes
/// until another's claim ends that, whatever the group says meanwhile.
///
/// On graceful shutdown it hands its partitions over to other instances, where there are any; then it takes no more commands, answers those
/// it has taken, and brings the state stores up to date.
public final class WriteService: CommandService, Service {
    public struct Options: Sendable {
        /// Names this process in its claims; no two runs may share a name.
        public var instance: String
        /// How many partitions to make the topic with, where it does not exist.
        public var partitions = 8
        /// After which a command without an answer is told that its outcome is unknown.
        public var timeout = Duration.seconds(10)
        public var limits = PartitionWriter.Limits()
        /// How often the state stores follow, and deadlines are looked at.
        public var interval = Duration.milliseconds(200)
        /// How often an owner without commands looks whether it has been deposed.
        public var checkInterval = Duration.seconds(1)
        /// Partitions that are folded at the same time where there is much to read before they can be claimed. The first are then complete long
        /// before the last, which on as many cores take no longer for it.
        public var readings = 2
        /// How long after the start a request waits for the topic to be opened, before it is told to come again.
        public var opening = Duration.seconds(2)
        /// How often it looks whether the topic still has the partitions that it was opened with.
        public var topicInterval = Duration.seconds(2)
        /// How often it asks the log how large a record may be.
        public var limitInterval = Duration.seconds(30)
        /// Within which other instances must have taken its partitions over, when it leaves; then it stops all the same.
        public var handover = Duration.seconds(5)

        public init(instance: String) { self.instance = instance }
    }

    public let context: BoundedContext
    let ownerTopic: OwnerTopic?
    let log: any EventLog
    /// For histories and repeats.
    let readBack: ReadBack
    private let stores: any StateStoreProvider
    let options: Options
    let environment: EngineEnvironment
    let logger: Logger
    private let partitionOwners = Mutex<[PartitionOwner]>([])
    private let membership = Mutex<(any GroupMembership)?>(nil)
    /// Until when requests wait for the topic.
    private let opensBy: Timestamp
    /// Of who writes what.
    let changes = ChangeSignal()
    let handingOver = Mutex(false)
    let handedOver = Signal()

    /// - Parameter owners: where it announces what it writes, and finds others to hand it to; it must bear the same instance name, and be run
    ///   by somebody. Nil where this process is alone with its log.
    public init(
        _ context: BoundedContext, log: any EventLog, stores: any StateStoreProvider, options: Options, owners: OwnerTopic? = nil,
        environment: EngineEnvironment = .system, logger: Logger
    ) {
        self.context = context
        ownerTopic = owners
        self.log = log
        readBack = ReadBack(log)
        self.stores = stores
        self.options = options
        self.environment = environment
        self.logger = logger
        opensBy = environment.now().advanced(by: options.opening)
    }

    public func run() async throws {
        let assignments: AsyncStream<Set<Partition>>
        do {
            assignments = try await cancelWhenGracefulShutdown { try await self.start() }
        } catch is CancellationError {
            return await stop()
        }
        await withTaskGroup { group in
            group.addTask { await self.follow(assignments) }
            group.addTask { await self.tick() }
            group.addTask { await self.watchTopic() }
            group.addTask { await self.watchLimit() }
            if let ownerTopic = self.ownerTopic { group.addTask { await self.heed(ownerTopic) } }
            await withTaskCancellationOrGracefulShutdownHandler {
                await self.ended.wait()
            } onCancelOrGracefulShutdown: {
                self.ended.signal()
            }
            await withTaskCancellationHandler {
                await self.handOver()
                if !Task.isCancelled { await self.drain() }
            } onCancel: {
                Task { await self.stop() }  // whoever still waits is told, and so the drain ends
            }
            await self.leaveGroup()
            group.cancelAll()
        }
        for owner in allOwners { await owner.saveAll() }
        await stop()
    }

    public func execute(_ command: Command, timeout: Duration?) async -> CommandOutcome {
        guard let owner = await openedOwner(of: command.stream) else { return .unavailable("the log cannot be reached yet") }
        return await owner.execute(command, timeout: min(options.timeout, timeout ?? options.timeout))
    }

    public var owners: (any OwnerDirectory)? { ownerTopic }
    public var instance: String { options.instance }

    public func reasonNotOwner(of stream: StreamID) async -> String? { await owner(of: stream)?.reason?.told }

    public func prospect(of stream: StreamID) async -> OwnerProspect? {
        guard let ownerTopic, let owner = owner(of: stream) else { return nil }
        let vacancy = ownerTopic.vacancy(of: owner.partition, at: environment.now())
        let isClaiming = await owner.isClaiming
        guard isClaiming || vacancy != nil || ownerTopic.owner(of: owner.partition) == nil else { return nil }
        return OwnerProspect(
            owner.partition, isClaiming: isClaiming, vacancy: vacancy, succession: membership.withLock { $0?.patience })
    }

    /// Why nothing can be written at present, whatever instance is asked; nil where it can.
    public var obstacle: String? { halt.withLock { $0?.full } }

    /// Each partition, whether this instance writes it, and if not, why.
    public func ownership() async -> [PartitionOwnership] {
        var result: [PartitionOwnership] = []
        for owner in allOwners {
            let epoch = await owner.ownEpoch
            let announced = epoch == nil ? ownerTopic?.owner(of: owner.partition) : nil
            result.append(
                PartitionOwnership(
                    partition: owner.partition, epoch: epoch, reason: epoch == nil ? await owner.reason?.full : nil,
                    reading: await owner.readingAhead,
                    successor: epoch == nil ? await owner.successor?.writer : nil, isLogDisplaced: await owner.isLogDisplaced,
                    announced: announced?.instance == instance ? nil : announced))
        }
        return result
    }

    /// Returns once each partition is written by this instance, or has been refused to it.
    public func ready() async throws {
        await opened.wait()
        for owner in allOwners { await owner.settled() }
    }

    public var partitionCount: Int? {
        let count = allOwners.count
        return count > 0 ? count : nil
    }

    /// The partition that a stream belongs to; nil before the topic is open.
    public func partition(of stream: StreamID) -> TopicPartition? { owner(of: stream)?.partition }

    func owner(of stream: StreamID) -> PartitionOwner? {
        partitionOwners.withLock { owners in
            guard !owners.isEmpty else { return nil }
            return owners[Int(context.partition(of: stream, count: owners.count).rawValue)]
        }
    }

    /// Waits for a topic that may be opened in a moment.
    func openedOwner(of stream: StreamID) async -> PartitionOwner? {
        while true {
            let count = changes.count
            if let owner = owner(of: stream) { return owner }
            let remaining = opensBy.seconds(since: environment.now())
            guard remaining > 0, !Task.isCancelled else { return nil }
            await withTaskGroup { group in
                group.addTask { await self.changes.wait(beyond: count) }
                group.addTask { try? await self.environment.clock.sleep(for: .seconds(remaining)) }
                await group.next()
                group.cancelAll()
            }
        }
    }

    func owner(of partition: TopicPartition) -> PartitionOwner? { allOwners.first { $0.partition == partition } }

    var allOwners: [PartitionOwner] { partitionOwners.withLock { $0 } }

    // MARK: Running

    private let ended = Signal()
    private let opened = Signal()
    let halt = Mutex<Reason?>(nil)

    /// Opens the context's topic, so that commands can be forwarded to their owners before ``run()`` has claimed anything; `run()` does it
    /// too, where nobody has.
    public func open() async throws {
        guard allOwners.isEmpty else { return }
        let count = try await log.ensureTopic(context.topic, partitions: options.partitions)
        let turns = Turns(options.readings)
        var made: [PartitionOwner] = []
        for partition in Partition.all(of: count) {
            let place = TopicPartition(context.topic, partition)
            let machine = PartitionWriter(
                place, of: count, context: context, writer: options.instance, limits: options.limits)
            made.append(
                PartitionOwner(
                    machine, log: log, readBack: readBack, stores: stores, context: context, environment: environment,
                    checkInterval: options.checkInterval,
                    routing: PartitionRouting(ownerTopic, changes: changes), turns: turns, metrics: WriterMetrics(place), logger: logger))
        }
        partitionOwners.withLock { [made] in $0 = made }
        opened.signal()
        changes.advance()
    }

    private func start() async throws -> AsyncStream<Set<Partition>> {
        var backoff = Backoff()
        while true {
            do {
                try await open()
                let joined = try await log.join(group: "\(context.topic).writers", topic: context.topic)
                membership.withLock { $0 = joined }
                return joined.assignments
            } catch let error as LogError where error.isRetriable {
                logger.warning(
                    "the writers' group cannot be joined; trying again", metadata: ["topic": "\(context.topic)", "reason": "\(error)"])
                try await environment.clock.sleep(for: backoff.next(jitter: environment.jitter()))
            }
        }
    }

    func leaveGroup() async {
        let joined = membership.withLock { membership in
            defer { membership = nil }
            return membership
        }
        await joined?.leave()
    }

    /// A partition that is taken away goes on being served until another's claim ends that. One that was lost is claimed again whenever the
    /// set is repeated.
    private func follow(_ assignments: AsyncStream<Set<Partition>>) async {
        for await assigned in assignments {
            for owner in allOwners {
                if assigned.contains(owner.partition.partition) { await owner.assign() } else { await owner.unassign() }
            }
        }
    }

    private func tick() async {
        while (try? await environment.clock.sleep(for: options.interval)) != nil {
            for owner in allOwners { await owner.tick() }
        }
    }

    private func stop() async {
        for owner in allOwners { await owner.stop() }
    }

    private func drain() async {
        await withTaskGroup { group in
            for owner in allOwners { group.addTask { await owner.drain() } }
        }
    }
}
