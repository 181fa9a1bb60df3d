package import EventLog
import EventModel
package import Logging
package import ReadModel

/// A log with a ledger's commits, a store, and what works between them, for the engine's own tests.
package struct SampleSystem: Sendable {
    package static let topic: Topic = "ledger"
    package let log: InMemoryLog
    package let writer: ScriptedWriter
    package let store: any ReadModelStore
    package let signal = AppliedSignal()
    package let partitions: Int
    package var options = ProjectionRunnerOptions(retry: (.microseconds(100), .milliseconds(2)), recheck: .milliseconds(1))

    /// - Parameter groups: who coordinates the log's groups; where nobody does, each member works on every partition.
    package init(_ store: any ReadModelStore, partitions: Int = 3, groups: InMemoryGroups? = nil) async throws {
        self.store = store
        self.partitions = partitions
        log = InMemoryLog(groups: groups)
        try await log.createTopic(Self.topic, partitions: partitions)
        writer = ScriptedWriter(log, topic: Self.topic, partitions: partitions)
    }

    /// The same log beside another store, with news of its own.
    package init(_ other: SampleSystem, _ store: any ReadModelStore) {
        self.store = store
        partitions = other.partitions
        log = other.log
        writer = other.writer
        options = other.options
    }

    package static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// Commits on `accounts` accounts, the same for the same arguments.
    @discardableResult
    package func fill(_ commits: Int, accounts: Int = 20, from start: Int = 0) async throws -> [LogPosition] {
        var ends: [Partition: LogPosition] = [:]
        for index in start..<(start + commits) {
            let stream = "account/\(index * 7919 % accounts)"
            var events = [SampleLedger.encode(.deposited(Int64(index % 1000)))]
            if index < accounts { events.insert(SampleLedger.encode(.opened(owner: "owner-\(index % 3)")), at: 0) }
            if index % 11 == 0 { events.append(SampleLedger.encode(.noted("note \(index) ü"))) }
            if index % 97 == 96 { events.append(SampleLedger.encode(.closed)) }
            if index % 13 == 0 { events.append(SampleLedger.foreign) }
            let position = try await writer.append(stream, events)
            ends[position.partition.partition] = position
        }
        return Array(ends.values)
    }

    package func runner(
        _ projection: RegisteredProjection, store: (any ReadModelStore)? = nil, log: (any EventLog)? = nil, signal: AppliedSignal? = nil,
        environment: EngineEnvironment = .system
    ) -> ProjectionRunner {
        ProjectionRunner(
            projection, store: store ?? self.store, log: log ?? self.log, topic: Self.topic, signal: signal ?? self.signal,
            options: options, environment: environment,
            logger: Self.logger)
    }

    package func queries(
        _ projections: RegisteredProjection..., store: (any ReadModelStore)? = nil, signal: AppliedSignal? = nil,
        environment: EngineEnvironment = .system
    ) -> ReadModelQueries {
        // However busy the machine: only tests of the deadline itself have a short one.
        ReadModelQueries(
            projections, store: store ?? self.store, signal: signal ?? self.signal, answering: .seconds(600), environment: environment)
    }

    package func rebuild(
        _ projection: RegisteredProjection, _ options: Rebuild.Options = Rebuild.Options(), store: (any ReadModelStore)? = nil,
        log: (any EventLog)? = nil, builder: String = "test", environment: EngineEnvironment = .system
    ) -> Rebuild {
        Rebuild(
            projection, store: store ?? self.store, log: log ?? self.log, topic: Self.topic, options: options, builder: builder,
            environment: environment,
            logger: Self.logger)
    }

    package func verification(
        _ projection: RegisteredProjection, memory: Int = 1 << 30, store: (any ReadModelStore)? = nil
    ) -> Verification {
        Verification(
            projection, store: store ?? self.store, log: log, topic: Self.topic, options: .init(memory: memory, batchBytes: 4096))
    }

    /// Makes the first live generation, so that queries find one before a runner does.
    @discardableResult
    package func prepare(_ projection: RegisteredProjection) async throws -> Generation {
        try await store.createGeneration(projection.schema, topic: Self.topic, partitions: partitions, purpose: .first)
    }

    /// Runs `body` beside running services.
    package func running<Result: Sendable>(
        _ runners: ProjectionRunner..., body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            for runner in runners { group.addTask { try await runner.run() } }
            return try await body()
        }
    }
}
