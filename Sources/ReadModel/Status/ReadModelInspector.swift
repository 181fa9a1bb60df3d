public import EventLog
import EventModel

/// Tells the state of read models from what store and log hold, whichever process works on them.
public struct ReadModelInspector: Sendable {
    private let projections: [RegisteredProjection]
    private let store: any ReadModelStore
    private let log: any EventLog
    private let topic: Topic
    private let environment: EngineEnvironment

    public init(
        _ projections: [RegisteredProjection], store: any ReadModelStore, log: any EventLog, topic: Topic,
        environment: EngineEnvironment = .system
    ) {
        self.projections = projections
        self.store = store
        self.log = log
        self.topic = topic
        self.environment = environment
    }

    /// One for each projection, in their order. What cannot be read is told as its error.
    public func status() async -> [ProjectionStatus] {
        var all: [ProjectionStatus] = []
        for projection in projections { all.append(await status(of: projection)) }
        return all
    }

    private func status(of projection: RegisteredProjection) async -> ProjectionStatus {
        var generations: [Generation] = []
        var partitions: [ProjectionStatus.PartitionStatus] = []
        var oldest: Timestamp?
        var failure: String?
        do {
            generations = try await store.generations(of: projection.id.name)
            if let live = generations.first(where: { $0.state == .live }) {
                for (number, position) in try await store.positions(of: live).sorted(by: { $0.key < $1.key }) {
                    let partition = TopicPartition(topic, number)
                    let end = try await log.bounds(of: partition).upperBound
                    let (lag, waitsSince) = try await log.waiting(in: partition, after: position, end: end)
                    if let waitsSince { oldest = min(oldest ?? waitsSince, waitsSince) }
                    partitions.append(
                        .init(partition: number.rawValue, offset: position.offset.rawValue, end: end.rawValue, lag: lag))
                }
                if live.schema.projection.version != projection.id.version {
                    failure = "live is version \(live.schema.projection.version), this program has version \(projection.id.version)"
                }
            } else {
                failure = "no generation is live"
            }
        } catch {
            failure = "\(error)"
        }
        return ProjectionStatus(
            projection: projection.id.name, version: projection.id.version, store: store.name,
            generations: generations.map {
                .init(
                    number: $0.number, version: $0.schema.projection.version, state: $0.state, builder: $0.lease?.builder,
                    isAbandoned: $0.isAbandoned)
            },
            partitions: partitions, lagRecords: partitions.reduce(0) { $0 + $1.lag },
            lagSeconds: oldest.map { max(0, environment.now().seconds(since: $0)) } ?? 0, error: failure)
    }
}
