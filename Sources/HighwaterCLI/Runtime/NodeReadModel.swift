import EventLog
import HTTPEdge
import Logging
import Operations
import PostgresReadModel
import ReadModel
import ServiceLifecycle
import Synchronization
import WriteModel

/// One read model of a node, as a service: opens its database, waiting for it where it is away, keeps it up to date where that is the node's
/// work, and answers queries.
final class NodeReadModel: Service, CustomStringConvertible {
    private struct Open: Sendable {
        let queries: ReadModelQueries
        /// Keyed by the projection's name.
        let runners: [String: ProjectionRunner]
    }

    let opening: Opening<any ReadModelStore>
    /// `sqlite` or `postgres`.
    let kind: StoreKind
    /// Every projection's, sorted by name.
    let schemas: [TableSchema]
    private let contexts: [Application.Context]
    private let isProjecting: Bool
    private let log: any EventLog
    private let topics: Gate
    private let logger: Logger
    private let state = Mutex<Open?>(nil)

    var description: String { "read model in \(opening.subject)" }

    /// - Parameters:
    ///   - isProjecting: whether this node keeps it up to date.
    ///   - topics: open once the log can be read.
    init(_ location: ReadModelLocation, of application: Application, isProjecting: Bool, log: any EventLog, topics: Gate, logger: Logger) {
        opening = Self.opening(location, logger)
        kind = StoreKind(location)
        contexts = application.contexts
        schemas = contexts.flatMap { $0.projections.map(\.schema) }.sorted { $0.projection.name < $1.projection.name }
        self.isProjecting = isProjecting
        self.log = log
        self.topics = topics
        self.logger = logger
    }

    private static func opening(_ location: ReadModelLocation, _ logger: Logger) -> Opening<any ReadModelStore> {
        let open = { @Sendable in try await Runtime.openStore(location, readOnly: false, logger) }
        switch location {
        case .sqlite(let path): return Opening("the read model at '\(path)'", logger: logger, judge: { _ in .lasting }, attempt: open)
        case .postgres(let connectionString):
            // A refusal is the server's definite word: what is wrong is seen sooner by a process that ends than by one that waits.
            return Opening(
                "PostgreSQL at \(PostgresReadModelStore.place(of: connectionString))", logger: logger,
                judge: { ($0 as? ReadModelError)?.isRetriable == true ? .passing : .lasting }, attempt: open)
        }
    }

    func run() async throws {
        guard let store = try await opening.open() else { return }
        let signal = AppliedSignal()
        let runners = isProjecting ? runners(of: store, signal) : [:]
        let queries = ReadModelQueries(contexts.flatMap(\.projections), store: store, signal: signal)
        state.withLock { $0 = Open(queries: queries, runners: runners) }
        if runners.isEmpty { try? await gracefulShutdown() }
        try await withThrowingTaskGroup { group in
            for runner in runners.values { group.addTask { [topics] in try await Gated(runner, behind: topics).run() } }
            try await group.waitForAll()
        }
        await (store as? PostgresReadModelStore)?.close()
    }

    private func runners(of store: any ReadModelStore, _ signal: AppliedSignal) -> [String: ProjectionRunner] {
        var runners: [String: ProjectionRunner] = [:]
        for context in contexts {
            for projection in context.projections {
                runners[projection.id.name] = ProjectionRunner(
                    projection, store: store, log: log, topic: context.writeModel.topic, signal: signal, logger: logger)
            }
        }
        return runners
    }

    /// - Throws: ``ReadModelError`` `unavailable` until the database is open.
    func queries() throws -> ReadModelQueries {
        guard let open = state.withLock({ $0 }) else { throw ReadModelError(.unavailable, opening.waiting ?? "\(self) is being opened") }
        return open.queries
    }

    /// Why the database does not answer, for operators; nil where it does.
    func outage() async -> String? {
        guard let store = opening.value else { return opening.waiting }
        guard case .unreachable(let since, let reason) = await store.availability(within: .milliseconds(500)) else { return nil }
        return "\(opening.subject) has not answered since \(since): \(reason)"
    }

    /// Nil until the database is open, and in a node that does not keep the read model up to date.
    func status(of projection: String) -> RunnerStatus? { state.withLock { $0 }?.runners[projection]?.status }
}

extension NodeReadModel: ViewQueries {
    func row(of projection: String, key: String, waitFor positions: [LogPosition], timeout: Duration) async throws -> ViewAnswer {
        try await queries().row(of: projection, key: key, waitFor: positions, timeout: timeout)
    }

    func rows(
        of projection: String, filters: [String: String], limit: String?, after: String?, waitFor positions: [LogPosition],
        timeout: Duration
    ) async throws -> ViewAnswer {
        try await queries().rows(of: projection, filters: filters, limit: limit, after: after, waitFor: positions, timeout: timeout)
    }
}
