import EventLog
import Logging
import Metrics
import Synchronization

/// A bounded number of connections, made when they are needed. Who finds all busy waits in line.
final class ConnectionPool: Sendable {
    struct Options: Sendable {
        var size: Int
        /// How long to wait for a connection, be it that all are busy or that the server cannot be reached.
        var patience: Duration
    }

    private enum Grant {
        case connection(PostgresConnection)
        /// To make one.
        case vacancy
    }

    private struct State {
        var idle: [PostgresConnection] = []
        /// Connections there are, busy ones and those being made included.
        var count = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Grant, any Error>)] = []
        var lastID = 0
        var isClosed = false
        /// Why the last attempt to connect failed, unless one has succeeded since.
        var failure: PostgresError?
    }

    let settings: ConnectionSettings
    private let options: Options
    private let environment: EngineEnvironment
    private let logger: Logger
    private let metrics: PoolMetrics
    private let state = Mutex(State())

    init(_ settings: ConnectionSettings, _ options: Options, environment: EngineEnvironment, logger: Logger) {
        self.settings = settings
        self.options = options
        self.environment = environment
        self.logger = logger
        metrics = PoolMetrics(database: settings.description)
    }

    /// Lends a connection to `body`.
    ///
    /// - Throws: ``PoolExhausted`` or ``PostgresError`` where there is none in time.
    func withConnection<Result>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let connection = try await take()
        defer { giveBack(connection) }
        return try await body(connection)
    }

    /// A connection beside the pool's, for work that lasts: whoever holds one and needs another from the pool does not wait for himself.
    func withOwnConnection<Result>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let connection = try await connected()
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
        for connection in idle { connection.close() }
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
        for connection in idle { connection.close() }
        for waiter in waiters { waiter.continuation.resume(throwing: PoolClosed()) }
    }

    // MARK: Lending

    private func take() async throws -> PostgresConnection {
        switch try await grant() {
        case .connection(let connection): return connection
        case .vacancy:
            do {
                return try await connected()
            } catch {
                giveBack(nil)
                throw error
            }
        }
    }

    private func grant() async throws -> Grant {
        try Task.checkCancellation()
        if let granted = try state.withLock({ try grant(&$0) }) { return granted }
        return try await waitInLine()
    }

    /// What there is at once.
    private func grant(_ state: inout State) throws(PoolClosed) -> Grant? {
        guard !state.isClosed else { throw PoolClosed() }
        while let connection = state.idle.popLast() {
            if connection.isOpen { return .connection(connection) }
            state.count -= 1
        }
        guard state.count < options.size else { return nil }
        state.count += 1
        return .vacancy
    }

    private func waitInLine() async throws -> Grant {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = Task { [environment, options] in
            try await environment.clock.sleep(for: options.patience)
            // Those before us may be at it still to connect.
            let failure = state.withLock { $0.failure }
            giveUp(id, failure ?? PoolExhausted(size: options.size, waited: options.patience))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let granted = Result<Grant?, any Error> {
                    try state.withLock { state in
                        // Somebody may have given one back since, or closed the pool.
                        if let granted = try grant(&state) { return granted }
                        state.waiters.append((id, continuation))
                        return nil
                    }
                }
                recordCounts()
                switch granted {
                case .success(let granted?): continuation.resume(returning: granted)
                case .success(nil): if Task.isCancelled { giveUp(id, CancellationError()) }
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

    /// - Parameter connection: nil where it could not be made.
    private func giveBack(_ connection: PostgresConnection?) {
        let usable = connection.flatMap { $0.isOpen ? $0 : nil }
        if usable == nil { connection?.close() }
        let (waiter, isClosed) = state.withLock { state in
            if state.isClosed || (state.waiters.isEmpty && usable == nil) {
                state.count -= 1
            } else if state.waiters.isEmpty, let usable {
                state.idle.append(usable)
            } else if !state.waiters.isEmpty {
                return (Optional(state.waiters.removeFirst()), false)
            }
            return (nil, state.isClosed)
        }
        if isClosed { usable?.close() }
        waiter?.continuation.resume(returning: usable.map { .connection($0) } ?? .vacancy)
        recordCounts()
    }

    private func recordCounts() {
        let (count, waiting) = state.withLock { ($0.count, $0.waiters.count) }
        metrics.connections.record(count)
        metrics.waiting.record(waiting)
    }

    // MARK: Connecting

    /// A new connection, tried for as long as patience lasts and there is hope. An attempt that has begun has its whole `connect_timeout`.
    private func connected() async throws -> PostgresConnection {
        var backoff = Backoff(base: .milliseconds(50), cap: .seconds(2))
        var waited = Duration.zero
        while true {
            guard !state.withLock({ $0.isClosed }) else { throw PoolClosed() }
            let begun = ContinuousClock.now
            do {
                let connection = try PostgresConnection(settings, logger: logger)
                do {
                    try await connection.connect()
                } catch {
                    connection.close()
                    throw error
                }
                state.withLock { $0.failure = nil }
                metrics.connects.increment()
                recordCounts()
                return connection
            } catch let error as PostgresError {
                state.withLock { $0.failure = error }
                metrics.failures.increment()
                let pause = backoff.next(jitter: environment.jitter())
                waited += (.now - begun) + pause
                guard error.isWorthReconnecting, waited < options.patience else { throw error }
                logger.debug("no connection to PostgreSQL; trying again", metadata: ["error": "\(error)", "pause": "\(pause)"])
                try await environment.clock.sleep(for: pause)
            }
        }
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
