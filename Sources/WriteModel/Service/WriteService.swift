public import EventLog
public import EventModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// Writes a context's partitions: joins the writers' group, claims what it is told to, and decides commands.
///
/// On graceful shutdown it takes no more commands, answers those it has taken, and brings the state stores up to date.
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

        public init(instance: String) { self.instance = instance }
    }

    public let context: BoundedContext
    private let log: any EventLog
    private let stores: any StateStoreProvider
    private let options: Options
    private let environment: EngineEnvironment
    private let logger: Logger
    private let owners = Mutex<[PartitionOwner]>([])

    public init(
        _ context: BoundedContext, log: any EventLog, stores: any StateStoreProvider, options: Options,
        environment: EngineEnvironment = .system, logger: Logger
    ) {
        self.context = context
        self.log = log
        self.stores = stores
        self.options = options
        self.environment = environment
        self.logger = logger
    }

    public func run() async throws {
        let membership = try await start()
        await withTaskGroup { group in
            group.addTask { await self.follow(membership.assignments) }
            group.addTask { await self.tick() }
            await withTaskCancellationOrGracefulShutdownHandler {
                await self.ended.wait()
            } onCancelOrGracefulShutdown: {
                self.ended.signal()
            }
            await withTaskCancellationHandler {
                if !Task.isCancelled { await self.drain() }
            } onCancel: {
                Task { await self.stop() }  // whoever still waits is told, and so the drain ends
            }
            await membership.leave()
            group.cancelAll()
        }
        for owner in owners.withLock({ $0 }) { await owner.saveAll() }
        await stop()
    }

    public func execute(_ command: Command) async -> CommandOutcome {
        guard let owner = owner(of: command.stream) else { return .unavailable("the log is not open yet") }
        let outcome = await owner.execute(command, timeout: options.timeout)
        if case .notOwner = outcome { return .unavailable(await owner.reason ?? "another instance writes \(owner.partition)") }
        return outcome
    }

    /// Each partition, whether this instance writes it, and if not, why.
    public func ownership() async -> [(partition: TopicPartition, isOwner: Bool, reason: String?)] {
        var result: [(TopicPartition, Bool, String?)] = []
        for owner in owners.withLock({ $0 }) { result.append((owner.partition, await owner.isOwner, await owner.reason)) }
        return result
    }

    /// Returns once each partition is written by this instance, or has been refused to it.
    public func ready() async throws {
        await opened.wait()
        for owner in owners.withLock({ $0 }) { await owner.settled() }
    }

    /// The partition that a stream belongs to; nil before the topic is open.
    public func partition(of stream: StreamID) -> TopicPartition? { owner(of: stream)?.partition }

    func owner(of stream: StreamID) -> PartitionOwner? {
        owners.withLock { owners in
            guard !owners.isEmpty else { return nil }
            return owners[Int(context.partition(of: stream, count: owners.count).rawValue)]
        }
    }

    var eventLog: any EventLog { log }

    // MARK: Running

    private let ended = Signal()
    private let opened = Signal()

    private func start() async throws -> any GroupMembership {
        let count = try await log.ensureTopic(context.topic, partitions: options.partitions)
        var made: [PartitionOwner] = []
        for partition in Partition.all(of: count) {
            let place = TopicPartition(context.topic, partition)
            let machine = PartitionWriter(
                place, of: count, context: context, writer: options.instance, limits: options.limits)
            made.append(
                PartitionOwner(
                    machine, log: log, stores: stores, context: context, environment: environment, metrics: WriterMetrics(place),
                    logger: logger))
        }
        owners.withLock { [made] in $0 = made }
        opened.signal()
        return try await log.join(group: "\(context.topic).writers", topic: context.topic)
    }

    /// A partition that is taken away goes on being served until another's claim ends that.
    private func follow(_ assignments: AsyncStream<Set<Partition>>) async {
        for await assigned in assignments {
            await withTaskGroup { group in
                for owner in owners.withLock({ $0 }) where assigned.contains(owner.partition.partition) {
                    group.addTask { await owner.assign() }
                }
            }
        }
    }

    private func tick() async {
        while (try? await environment.clock.sleep(for: options.interval)) != nil {
            for owner in owners.withLock({ $0 }) { await owner.tick() }
        }
    }

    private func stop() async {
        for owner in owners.withLock({ $0 }) { await owner.stop() }
    }

    private func drain() async {
        await withTaskGroup { group in
            for owner in owners.withLock({ $0 }) { group.addTask { await owner.drain() } }
        }
    }
}
