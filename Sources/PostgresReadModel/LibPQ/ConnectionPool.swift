import EventLog
import Logging
import Metrics
import Synchronization

/// A bounded number of connections, made when they are needed. A request that finds all of them busy waits in line, each for its own time.
///
/// Connections are made beside the requests: an attempt goes on when the request that caused it has gone, and serves the next. While there
/// is trouble (``ServerHealth``) one attempt at a time is made, again and again, whether or not anybody waits, so that the pool finds out by
/// itself when the server is back.
final class ConnectionPool: Sendable {
    struct Options: Sendable {
        var size: Int
        /// How long a request waits for a connection, be it that all are busy or that the server cannot be reached.
        var patience: Duration
        /// How long trouble lasts before requests that are hasty are refused at once.
        var suspicion = Duration.seconds(2)
        /// How long a connection may have been idle to be lent without asking the server for a sign of life.
        var freshness = Duration.seconds(10)
        /// How long the server may take for that sign.
        var ping = Duration.seconds(1)
        /// What a piece of work may take that names no limit of its own.
        var step = TimeLimit.step
    }

    struct State {
        var idle: [(connection: PostgresConnection, since: Duration)] = []
        /// Connections there are, busy ones and those being made included.
        var count = 0
        /// Those being made, or waiting to be tried again.
        var connecting = 0
        var waiters: [Waiter] = []
        var lastID = 0
        var isClosed = false
        /// Why the last attempt to connect failed, unless one has succeeded since.
        var failure: PostgresError?
        var health: ServerHealth
        var backoff = Backoff(base: .milliseconds(50), cap: .seconds(2))
    }

    struct Waiter {
        let id: Int
        let isHasty: Bool
        /// Whether its time is over, and it only waits for what becomes of the attempt to connect that is under way.
        var isOverdue = false
        let continuation: CheckedContinuation<PostgresConnection, any Error>
    }

    let settings: ConnectionSettings
    let options: Options
    let environment: EngineEnvironment
    let logger: Logger
    let metrics: PoolMetrics
    let state: Mutex<State>
    let cancels = CancelSender()
    /// The time since the pool was made.
    let uptime: @Sendable () -> Duration

    init(_ settings: ConnectionSettings, _ options: Options, environment: EngineEnvironment, logger: Logger) {
        self.settings = settings
        self.options = options
        self.environment = environment
        self.logger = logger
        metrics = PoolMetrics(database: settings.description)
        state = Mutex(State(health: ServerHealth(suspicion: options.suspicion)))
        uptime = environment.stopwatch()
    }

    /// Lends a connection to `body`.
    ///
    /// - Parameter isHasty: whether to fail at once where the server is known not to answer, in place of waiting for it.
    /// - Throws: ``PoolExhausted``, ``ServerUnreachable`` or ``PostgresError`` where there is none in time; what `body` throws.
    func withConnection<Result>(isHasty: Bool = false, _ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let connection = try await take(isHasty: isHasty)
        defer { giveBack(connection) }
        return try await observed { try await body(connection) }
    }

    /// A connection beside the pool's, for work that lasts: a task that holds one and needs another from the pool does not wait for itself.
    func withOwnConnection<Result>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let connection = try await connectedForOne()
        defer { connection.close() }
        return try await body(connection)
    }

    /// Closes those that are idle: one broke, and what broke it has as a rule broken them all.
    func discardIdle() {
        let idle = state.withLock { state in
            defer { state.idle = [] }
            state.count -= state.idle.count
            return state.idle
        }
        for (connection, _) in idle { connection.close() }
        connectAsNeeded()
    }

    /// Closes those that are idle, and the others when they come back.
    func close() {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            defer {
                state.idle = []
                state.waiters = []
            }
            return (state.idle, state.waiters)
        }
        for (connection, _) in idle { connection.close() }
        for waiter in waiters { waiter.continuation.resume(throwing: PoolClosed()) }
    }

    // MARK: Lending

    private func take(isHasty: Bool) async throws -> PostgresConnection {
        while true {
            try Task.checkCancellation()
            let found = try state.withLock { state in try idle(&state, isHasty: isHasty) }
            guard let (connection, since) = found else { return try await waitInLine(isHasty: isHasty) }
            let trouble = state.withLock { $0.health.trouble }
            if trouble == nil, uptime() - since < options.freshness { return connection }
            do {
                try await observed { try await connection.run(within: .whole(options.ping)) { try $0.script("") } }
                return connection
            } catch {
                giveBack(nil, closing: connection)
                // The others have been idle on the same way to the same server.
                if !(error is CancellationError) { discardIdle() }
            }
        }
    }

    /// An idle connection that is open, and since when it is idle. Nil where there is none.
    private func idle(_ state: inout State, isHasty: Bool) throws -> (PostgresConnection, since: Duration)? {
        guard !state.isClosed else { throw PoolClosed() }
        if isHasty, let refusal = state.health.refusal(at: uptime()) { throw refusal }
        while let (connection, since) = state.idle.popLast() {
            if connection.isOpen { return (connection, since) }
            state.count -= 1
        }
        return nil
    }

    private func waitInLine(isHasty: Bool) async throws -> PostgresConnection {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = Task { [environment, options] in
            try await environment.clock.sleep(for: options.patience)
            timeOut(id)
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let found = Result<PostgresConnection?, any Error> {
                    try state.withLock { state in
                        // One may have been given back since.
                        if let (connection, _) = try idle(&state, isHasty: isHasty) { return connection }
                        state.waiters.append(Waiter(id: id, isHasty: isHasty, continuation: continuation))
                        return nil
                    }
                }
                recordCounts()
                switch found {
                case .success(let connection?): continuation.resume(returning: connection)
                case .success(nil):
                    if Task.isCancelled { giveUp(id, CancellationError()) }
                    connectAsNeeded()
                case .failure(let error): continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            giveUp(id, CancellationError())
        }
    }

    private func giveUp(_ id: Int, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: error)
    }

    /// Its patience is over. One that is not hasty waits on for the attempt that has begun.
    private func timeOut(_ id: Int) {
        let error: (any Error)? = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            if let failure = state.failure { return failure }
            guard state.connecting > 0 else { return PoolExhausted(size: options.size, waited: options.patience) }
            guard state.waiters[index].isHasty else {
                state.waiters[index].isOverdue = true
                return nil
            }
            return PostgresError(.connecting, "\(settings.description) did not answer within \(options.patience)")
        }
        if let error { giveUp(id, error) }
    }

    /// - Parameter connection: nil where it could not be made, or is of no more use.
    func giveBack(_ connection: PostgresConnection?, closing broken: PostgresConnection? = nil) {
        let usable = connection.flatMap { $0.isOpen ? $0 : nil }
        if usable == nil { (connection ?? broken)?.close() }
        let now = uptime()
        let (waiter, isClosed) = state.withLock { state -> (Waiter?, Bool) in
            guard let usable, !state.isClosed else {
                state.count -= 1
                return (nil, state.isClosed)
            }
            guard !state.waiters.isEmpty else {
                state.idle.append((usable, now))
                return (nil, false)
            }
            return (state.waiters.removeFirst(), false)
        }
        if isClosed { usable?.close() }
        if let waiter, let usable { waiter.continuation.resume(returning: usable) }
        if usable == nil { connectAsNeeded() }
        recordCounts()
    }

    func recordCounts() {
        let (count, waiting) = state.withLock { ($0.count, $0.waiters.count) }
        metrics.connections.record(count)
        metrics.waiting.record(waiting)
    }
}

/// All connections were busy for too long.
struct PoolExhausted: Error, CustomStringConvertible {
    let size: Int
    let waited: Duration

    var description: String { "all \(size) connections were busy for \(waited)" }
}

/// The store was closed.
struct PoolClosed: Error, CustomStringConvertible {
    var description: String { "the store is closed" }
}
