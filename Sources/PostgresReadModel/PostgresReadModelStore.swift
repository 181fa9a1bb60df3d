public import EventLog
public import Logging
public import ReadModel
import Synchronization

/// Read models in a PostgreSQL database (12 or newer, in UTF-8), for people and programs to query while they are written.
///
/// A generation's rows are in `highwater.order_summary_g3`, with times as microseconds since 1970 (exact, over the port's whole range); the
/// view `order_summary` shows the live generation, with times as `timestamptz`. It is made in the first schema of the `search_path` of
/// whoever makes the projection's first generation (`public` unless told otherwise; never the engine's) and stays there. Grants on the view
/// outlive swaps. The tables `highwater.generations`, `positions` and so on are the engine's own.
///
/// Whoever reads the view in SQL sees one generation or the other; beside a swap he waits for some milliseconds. A transaction of his own
/// that is `REPEATABLE READ` and older than a swap should be begun again after it.
///
/// A batch whose connection broke has an unknown outcome. It is written again: its compare-and-set waits for whatever is left of the first
/// attempt, and then either succeeds, or finds the positions where the batch was to bring them, which tells that the first attempt did. A
/// cancelled batch may have taken effect or not, and the positions tell as well.
///
/// Nothing waits for a server without end. A piece of work has a limit (``Options/step``; bulk loads and the making of indexes are limited by
/// the server's silence, half an hour), a request in line has ``Options/patience``, and a cancelled task's connection closes at once. A server
/// that has given no sign of life for ``Options/suspicion`` counts as unreachable: queries are refused at once, and one attempt to connect
/// after the other finds out when it is back.
///
/// Of what a role, a database or the connection string sets, `statement_timeout` holds for all but bulk loads and the making of indexes,
/// `lock_timeout` for all; the isolation level and `idle_in_transaction_session_timeout` are the engine's own. A pooler between must lend
/// sessions out whole (PgBouncer's `pool_mode = session`), since statements are prepared.
///
/// Nothing here runs on the cooperative pool: each connection has a thread of its own.
public final class PostgresReadModelStore: ReadModelStore {
    public struct Options: Sendable {
        /// How many connections to keep at most, two or more; snapshots, as `verify` takes them, have their own beside.
        public var connections: Int
        /// How long to wait for a free connection, or for a server that cannot be reached, before an operation fails. An attempt to connect
        /// that has begun may take its `connect_timeout` (10 seconds unless the connection string says otherwise) for each host.
        public var patience: Duration
        /// How long a piece of work may take: a batch, a query, a page of rows.
        public var step: Duration
        /// How long the server may give no sign of life before queries are refused at once.
        public var suspicion: Duration
        /// Of the engine's tables.
        public var schema: String
        /// As `pg_stat_activity` shows it, unless the connection string says otherwise.
        public var applicationName: String

        public init(
            connections: Int = 8, patience: Duration = .seconds(5), step: Duration = .seconds(30), suspicion: Duration = .seconds(2),
            schema: String = "highwater", applicationName: String = "highwater"
        ) {
            self.connections = connections
            self.patience = patience
            self.step = step
            self.suspicion = suspicion
            self.schema = schema
            self.applicationName = applicationName
        }
    }

    public let name = "postgres"
    /// A database restored from a dump of another, or made after it, is given a word of its own.
    public var identity: String? { knownIdentity.withLock { $0 } }
    private let knownIdentity = Mutex<String?>(nil)
    let pool: ConnectionPool
    let catalog: PostgresCatalog
    let environment: EngineEnvironment
    let logger: Logger
    let schemas = SchemaCache()
    /// What was live when last seen, by projection.
    let live = Mutex<[String: LiveTable]>([:])

    private init(_ pool: ConnectionPool, _ catalog: PostgresCatalog, _ environment: EngineEnvironment, _ logger: Logger) {
        self.pool = pool
        self.catalog = catalog
        self.environment = environment
        self.logger = logger
    }

    /// What is wrong with a connection string; nil where libpq understands it. Connects to nobody, and tells nothing of the string that could be
    /// a secret.
    public static func problem(in connectionString: String) -> String? {
        do throws(PostgresError) {
            _ = try ConnectionSettings(connectionString: connectionString, applicationName: "")
            return nil
        } catch {
            return error.message
        }
    }

    /// Where a connection string leads, without user and password: `db:5432/commerce`.
    public static func place(of connectionString: String) -> String {
        let settings = try? ConnectionSettings(connectionString: connectionString, applicationName: "")
        return settings?.description ?? "an address that cannot be read"
    }

    /// Connects, and brings the engine's tables up to date.
    ///
    /// - Parameter connectionString: a URI or `name=value` list with any of libpq's options; its environment variables, service and password
    ///   files hold too. It is never logged.
    /// - Parameter readOnly: for those that only look: the engine's tables are neither made nor brought up to date.
    /// - Throws: ``ReadModelError`` `unavailable` where the server cannot be reached, `refused` where it turns this program away, `incompatibleLayout` where the database's
    ///   layout is newer than this program's or its encoding is not UTF-8; read only, `unavailable` where the engine's tables are missing too,
    ///   `incompatibleLayout` where they are older.
    public static func open(
        connectionString: String, options: Options = Options(), readOnly: Bool = false, environment: EngineEnvironment = .system,
        logger: Logger
    ) async throws -> PostgresReadModelStore {
        try await open(
            connectionString: connectionString, options: options, readOnly: readOnly, environment: environment, logger: logger,
            layout: .current)
    }

    static func open(
        connectionString: String, options: Options, readOnly: Bool = false, environment: EngineEnvironment, logger: Logger,
        layout: PostgresLayout
    ) async throws -> PostgresReadModelStore {
        let pool: ConnectionPool
        let catalog: PostgresCatalog
        do {
            let settings = try ConnectionSettings(connectionString: connectionString, applicationName: options.applicationName)
            catalog = try PostgresCatalog(schema: options.schema)
            pool = ConnectionPool(
                settings,
                .init(
                    size: max(2, options.connections), patience: options.patience, suspicion: options.suspicion,
                    step: .whole(options.step)),
                environment: environment, logger: logger)
        } catch {
            throw readModelError("open the read model", nil, error)
        }
        let store = PostgresReadModelStore(pool, catalog, environment, logger)
        do {
            let identity = try await store.perform("open the read model") { session, _ in
                if readOnly { try layout.check(session, catalog) } else { try layout.migrate(session, catalog) }
                guard layout.steps.count >= PostgresLayout.current.steps.count else { return String?.none }
                let identity = PostgresIdentity(session: session, catalog: catalog)
                return readOnly ? try identity.find() : try identity.settle()
            }
            store.knownIdentity.withLock { $0 = identity.map { "postgres\($0)" } }
        } catch {
            await store.close()
            throw error
        }
        if !readOnly { await store.sweep() }
        return store
    }

    /// Gives the connections up; no call may follow.
    public func close() async { pool.close() }

    public func availability(within limit: Duration) async -> StoreAvailability {
        if let refusal = pool.refusal { return .unreachable(since: refusal.since, reason: refusal.reason) }
        if pool.hasHeard(within: .seconds(1)) { return .reachable }
        let asked = environment.now()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await self.perform("reach the server", isHasty: true) { session, _ in try session.script("") } }
                group.addTask { [environment] in
                    try await environment.clock.sleep(for: limit)
                    throw PostgresError(.unanswered, "it did not answer within \(limit)")
                }
                try await group.next()
            }
            return .reachable
        } catch {
            // Busy, it answers others.
            if pool.hasHeard(within: limit) { return .reachable }
            return .unreachable(since: pool.refusal?.since ?? asked, reason: "\(error)")
        }
    }

    // MARK: Work

    /// What an attempt has to know of those before it.
    struct Attempt: Sendable {
        var number = 1
        /// Whether the connection broke, so that one before may have taken effect.
        var isAfterLoss = false
    }

    private static let attempts = 8

    /// Does a piece of work on a connection, in whole transactions of its own, and again where the server gave it up for another's sake, or
    /// the connection broke.
    ///
    /// - Parameters:
    ///   - isHasty: whether to fail at once where the server is known not to answer.
    ///   - limit: of each attempt; ``Options/step`` if absent.
    func perform<Result: Sendable>(
        _ what: String, isHasty: Bool = false, within limit: TimeLimit? = nil,
        _ work: @escaping @Sendable (PostgresSession, Attempt) throws -> Result
    ) async throws -> Result {
        var attempt = Attempt()
        var backoff = Backoff(base: .milliseconds(5), cap: .seconds(1))
        while true {
            do {
                return try await pool.withConnection(isHasty: isHasty) { [attempt, pool] connection in
                    try await connection.run(within: limit ?? pool.options.step) { session in
                        do {
                            return try work(session, attempt)
                        } catch let error as PostgresError where error.isStalePlan && session.isAtRest {
                            // On this very connection, whose statements are prepared anew: the others' may be as stale.
                            return try work(session, attempt)
                        }
                    }
                }
            } catch let error as PostgresError where attempt.number < Self.attempts && Self.isWorthRepeating(error, attempt) {
                attempt.number += 1
                if error.isConnectionLoss { attempt.isAfterLoss = true }
                if error.isConnectionLoss || error.isReadOnlyServer { pool.discardIdle() }
                logger.debug("PostgreSQL: trying again to \(what)", metadata: ["error": "\(error)"])
                do { try await environment.clock.sleep(for: backoff.next(jitter: environment.jitter())) } catch { throw error }
            } catch {
                throw readModelError(what, pool.settings, error)
            }
        }
    }

    private static func isWorthRepeating(_ error: PostgresError, _ attempt: Attempt) -> Bool {
        // Its time is over.
        if error.kind == .unanswered { return false }
        if error.isConnectionLoss || error.isReadOnlyServer { return attempt.number <= 3 }
        return error.isTransactionConflict || error.sqlState == .lockNotAvailable
    }

    /// Drops the tables of generations that are gone, unless somebody still reads them: then the next who comes this way does.
    func sweep() async {
        do {
            try await perform("drop old tables") { [catalog, logger] session, _ in
                let names = try session.run("SELECT name FROM \(catalog.schema).discarded_tables ORDER BY name")
                for name in (0..<names.count).map({ names.text($0, 0) }) {
                    do {
                        let table = try Identifier.quoted(name)
                        try session.transaction {
                            try session.script("SET LOCAL lock_timeout = '100ms'")
                            try session.script("DROP TABLE IF EXISTS \(catalog.schema).\(table)")
                            try session.run("DELETE FROM \(catalog.schema).discarded_tables WHERE name = $1", [.text(name)])
                        }
                    } catch let error as PostgresError where error.kind == .server && !error.isConnectionLoss {
                        let level: Logger.Level = error.sqlState == .lockNotAvailable ? .debug : .warning
                        logger.log(
                            level: level, "an old read model's table stays for now", metadata: ["table": "\(name)", "error": "\(error)"])
                    }
                }
            }
        } catch {
            logger.debug("old read models' tables stay for now", metadata: ["error": "\(error)"])
        }
    }
}
