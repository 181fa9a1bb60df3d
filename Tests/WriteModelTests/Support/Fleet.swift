import EventLog
import EventModel
import HighwaterTesting
import Logging
import ServiceLifecycle
import Synchronization

@testable import WriteModel

/// Several instances on one log in memory.
struct Fleet: Sendable {
    static let topic: Topic = "counting"
    static let context = BoundedContext(topic, categories: [.tally()])
    static let partitions = 4

    let groups = InMemoryGroups()
    let clock: ManualClock
    let log: InMemoryLog

    /// - Parameter backoff: how long to back off, of the longest; without it nobody does, so that no clock has to move for it.
    init(backoff: Double = 0) {
        clock = ManualClock(jitter: backoff)
        log = InMemoryLog(groups: groups, now: clock.environment.now)
    }

    /// Not running yet.
    func instance(
        _ name: String, home: String? = nil, handover: Duration = .seconds(5), stores: any StateStoreProvider = InMemoryStateStores()
    ) -> FleetInstance {
        FleetInstance(name, home: home, in: self, handover: handover, stores: stores)
    }

    /// One that runs and writes what the group gives it.
    func start(_ name: String, home: String? = nil, handover: Duration = .seconds(5)) async throws -> FleetInstance {
        let instance = instance(name, home: home, handover: handover)
        instance.run()
        return instance
    }

    /// Ends every instance, whatever it is about.
    func end(_ instances: FleetInstance...) async { for instance in instances { await instance.kill() } }

    /// Each valid commit of every partition, in order.
    func commits() async throws -> [Commit] {
        var commits: [Commit] = []
        for partition in Partition.all(of: Self.partitions) {
            let place = TopicPartition(Self.topic, partition)
            let end = try await log.bounds(of: place).upperBound
            guard end > .zero else { continue }
            let reader = try await ChainReader(log, place, after: .beginning)
            var next = Offset.zero
            while next < end {
                let batch = try await reader.next()
                commits += batch.records.compactMap(\.commit)
                next = batch.next
            }
        }
        return commits
    }

    /// The group takes an instance for dead.
    func groupLeaves(_ instance: FleetInstance) async { await instance.service.leaveGroup() }

    @discardableResult
    func announce(_ record: LogRecord) async throws -> Offset { try await append(record, to: Self.owners) }

    @discardableResult
    func append(_ record: LogRecord, to partition: TopicPartition) async throws -> Offset {
        let producer = try await log.makeProducer()
        return try await withCheckedThrowingContinuation { continuation in
            producer.append(record, to: partition) { continuation.resume(with: $0) }
        }
    }

    static let owners = TopicPartition(topic.owners, Partition(0))

    static func place(_ number: Int32) -> TopicPartition { TopicPartition(topic, Partition(number)) }
    static let all = (0..<Int32(partitions)).map(place)
}

/// One process of a fleet: its owners' topic and its write service in a service group.
final class FleetInstance: Sendable {
    let name: String
    let log: GatedLog
    let owners: OwnerTopic
    let service: WriteService
    private let group: ServiceGroup
    private let running: Signal = Signal()
    private let task: Task<Void, any Error>

    init(_ name: String, home: String?, in fleet: Fleet, handover: Duration, stores: any StateStoreProvider) {
        self.name = name
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let gated = GatedLog(fleet.log)
        let owners = OwnerTopic(
            Fleet.topic, log: gated, instance: name, home: home, environment: fleet.clock.environment, logger: logger)
        owners.advertise(url: "http://\(name)")
        var options = WriteService.Options(instance: name)
        options.partitions = Fleet.partitions
        options.handover = handover
        service = WriteService(
            Fleet.context, log: gated, stores: stores, options: options, owners: owners,
            environment: fleet.clock.environment, logger: logger)
        let group = ServiceGroup(services: [owners, service], logger: logger)
        let running = running
        task = Task { [service] in
            await running.wait()
            // As a node does before it takes requests.
            try await service.open()
            try await group.run()
        }
        self.group = group
        self.owners = owners
        log = gated
    }

    func run() { running.signal() }

    /// Returns once it writes just these partitions.
    func writes(_ expected: [TopicPartition]) async {
        while true {
            let count = service.changes.count
            if await service.ownership().filter(\.isOwner).map(\.partition) == expected { return }
            await service.changes.wait(beyond: count)
        }
    }

    /// Returns once it knows who writes a partition.
    func knows(_ owner: String?, of partition: TopicPartition) async {
        var known = owners.owner(of: partition)
        while known?.instance != owner { known = await owners.change(of: partition, from: known) }
    }

    /// Returns once it has heard what the condition asks for.
    func hears(of partition: TopicPartition, _ condition: (OwnerRecord.Ownership) -> Bool) async {
        while true {
            let count = owners.changes.count
            if let known = owners.ownership(of: partition), condition(known) { return }
            await owners.changes.wait(beyond: count)
        }
    }

    /// Returns once it knows just these instances.
    func sees(_ instances: [String]) async {
        while true {
            let count = owners.changes.count
            if owners.state.withLock({ $0.table.liveInstances }) == instances { return }
            await owners.changes.wait(beyond: count)
        }
    }

    /// As SIGTERM.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }

    /// As the end of a process that says nothing to the owners' topic. The group notices.
    func kill() async {
        running.signal()
        task.cancel()
        _ = await task.result
    }
}

/// Sends a command as the HTTP edge does: to some instance, and from there to whom the directory names.
func route(_ command: Command, from first: FleetInstance, among instances: [FleetInstance]) async -> CommandOutcome {
    var instance = first
    while true {
        let outcome = await instance.service.execute(command)
        guard case .notOwner = outcome, let partition = instance.service.partition(of: command.stream) else { return outcome }
        let known = first.owners.owner(of: partition)
        if let known, known.instance != instance.name, let next = instances.first(where: { $0.name == known.instance }) {
            instance = next
        } else {
            _ = await first.owners.change(of: partition, from: known)
        }
    }
}
