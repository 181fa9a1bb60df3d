import EventLog
import Logging
import ReadModel

/// The ways in which a specification has its events delivered.
enum Delivery: String, CaseIterable, Sendable {
    case atOnce = "in one batch"
    case oneByOne = "record by record, each delivered twice"
    case rebuilt = "by a rebuild"
    case rebuiltInLittleMemory = "by a rebuild in little memory"
}

/// A projection's rows made by the engine from a log, in one of these ways.
struct DeliveryRun: Sendable {
    private let projection: RegisteredProjection
    private let log: any EventLog
    private let topic: Topic
    private let partitions: Int

    init(_ projection: RegisteredProjection, _ log: any EventLog, _ topic: Topic, _ partitions: Int) {
        self.projection = projection
        self.log = log
        self.topic = topic
        self.partitions = partitions
    }

    func rows(_ delivery: Delivery) async throws -> [StoredRow] {
        let store = InMemoryReadModelStore()
        switch delivery {
        case .atOnce: try await run(on: store, batchBytes: 1 << 20)
        case .oneByOne:
            // Each batch is reported as failed after it has taken effect, so the runner delivers it again.
            let failing = InterceptedReadModelStore(store) { step in
                if step == .afterApply { throw ReadModelError(.unavailable, "a delivery that is repeated") }
            }
            try await run(on: failing, batchBytes: 1)
        case .rebuilt: try await rebuild(on: store, memory: 1 << 30)
        case .rebuiltInLittleMemory: try await rebuild(on: store, memory: 0)
        }
        return try await store.rows(of: projection.id.name, matching: RowQuery(limit: .max)).value
    }

    private func run(on store: any ReadModelStore, batchBytes: Int) async throws {
        _ = try await store.createGeneration(projection.schema, topic: topic, partitions: partitions, purpose: .first)
        let signal = AppliedSignal()
        var quiet = Logger(label: "specification")
        quiet.logLevel = .critical
        let runner = ProjectionRunner(
            projection, store: store, log: log, topic: topic, signal: signal,
            options: ProjectionRunnerOptions(batchBytes: batchBytes, retry: (.microseconds(10), .microseconds(10))), logger: quiet)
        var ends: [LogPosition] = []
        for partition in Partition.all(of: partitions).map({ TopicPartition(topic, $0) }) {
            let end = try await log.bounds(of: partition).upperBound
            if end > .zero { ends.append(LogPosition(partition, Offset(end.rawValue - 1))) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await runner.run() }
            let queries = ReadModelQueries([projection], store: store, signal: signal)
            do {
                _ = try await queries.positions(of: projection.id.name, waitFor: ends, timeout: .seconds(60))
            } catch let error as ReadModelError where error.code == .behind {
                throw BrokenProjectionLaw(runner.status.failure ?? "\(error)")
            }
        }
    }

    private func rebuild(on store: any ReadModelStore, memory: Int) async throws {
        var quiet = Logger(label: "specification")
        quiet.logLevel = .critical
        let rebuild = Rebuild(
            projection, store: store, log: log, topic: topic,
            options: Rebuild.Options(memory: memory, batchBytes: memory == 0 ? 1 : 1 << 20),
            builder: "specification", logger: quiet)
        _ = try await rebuild.run()
    }
}
