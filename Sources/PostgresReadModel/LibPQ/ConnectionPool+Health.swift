import EventLog
import Logging
import Metrics
import Synchronization

extension ConnectionPool {
    // MARK: Health

    /// Runs work on a connection, and learns from what becomes of it.
    func observed<Result>(_ body: () async throws -> Result) async throws -> Result {
        let begun = uptime()
        do {
            let result = try await body()
            hear()
            return result
        } catch let error as PostgresError {
            if error.isConnectionLoss { fail("\(error)", begun: begun) } else if error.kind == .server { hear() }
            throw error
        } catch let error as CancellationError {
            // The caller's time was over, or it went away. A server that had time to answer is to prove that it lives.
            if uptime() - begun >= options.ping { fail("a statement was given up unanswered", begun: begun) }
            throw error
        }
    }

    /// Why requests are refused at present; nil where they are tried.
    var refusal: ServerUnreachable? { state.withLock { $0.health.refusal(at: uptime()) } }

    /// Whether the server has said something within the last moments, and there has been no trouble since.
    func hasHeard(within duration: Duration) -> Bool {
        state.withLock { state in
            guard let heard = state.health.heard, state.health.trouble == nil else { return false }
            return uptime() - heard < duration
        }
    }

    private func hear() {
        let ended = state.withLock { state in
            defer { state.health.hear(at: uptime()) }
            return state.health.refusal(at: uptime())
        }
        guard let ended else { return }
        logger.info("PostgreSQL answers again", metadata: ["database": "\(settings.description)", "since": "\(ended.since)"])
    }

    private func fail(_ reason: String, begun: Duration) {
        let isFirst = state.withLock { $0.health.fail(reason, begun: begun, at: uptime(), environment.now()) }
        guard isFirst else { return }
        connectAsNeeded()
        Task {
            try await environment.clock.sleep(for: options.suspicion)
            refuseTheHasty()
        }
    }

    /// Those in line fail as those who come now do.
    private func refuseTheHasty() {
        let (refused, refusal) = state.withLock { state -> ([Waiter], ServerUnreachable?) in
            guard let refusal = state.health.refusal(at: uptime()) else { return ([], nil) }
            defer { state.waiters.removeAll(where: \.isHasty) }
            return (state.waiters.filter(\.isHasty), refusal)
        }
        guard let refusal else { return }
        logger.warning(
            "PostgreSQL does not answer; queries are refused until it does",
            metadata: ["database": "\(settings.description)", "since": "\(refusal.since)", "reason": "\(refusal.reason)"])
        for waiter in refused { waiter.continuation.resume(throwing: refusal) }
    }

    // MARK: Connecting

    /// Begins as many attempts as there are requests in line, within the pool's size; while there is trouble, one, whether or not anybody
    /// waits.
    func connectAsNeeded() {
        let begun = state.withLock { state -> Int in
            guard !state.isClosed else { return 0 }
            let isTroubled = state.health.trouble != nil
            let wanted = isTroubled ? 1 : state.waiters.count
            let begun = max(0, min(wanted - state.connecting, options.size - state.count))
            state.count += begun
            state.connecting += begun
            return begun
        }
        for _ in 0..<begun { Task { await connect() } }
    }

    /// Tries until there is a connection, the pool is closed, or another task is at it as well.
    private func connect() async {
        while !state.withLock({ $0.isClosed }) {
            let begun = uptime()
            // An attempt may take its `connect_timeout`; that it takes long is told before.
            let watch = Task {
                try await environment.clock.sleep(for: options.ping)
                fail("no connection was made within \(options.ping)", begun: begun)
            }
            do throws(PostgresError) {
                let connection = try await makeConnection()
                watch.cancel()
                state.withLock { state in
                    state.connecting -= 1
                    state.failure = nil
                    state.backoff.reset()
                }
                hear()
                giveBack(connection)
                // For those that have waited while one alone was tried.
                connectAsNeeded()
                return endTheOverdue()
            } catch {
                watch.cancel()
                let (pause, refused) = failed(error)
                for waiter in refused { waiter.continuation.resume(throwing: error) }
                fail("\(error)", begun: begun)
                guard let pause else { break }
                logger.debug("no connection to PostgreSQL; trying again", metadata: ["error": "\(error)", "pause": "\(pause)"])
                do { try await environment.clock.sleep(for: pause) } catch { break }
            }
        }
        state.withLock { state in
            state.connecting -= 1
            state.count -= 1
        }
        recordCounts()
    }

    /// The attempt that they have waited for has served others.
    private func endTheOverdue() {
        let overdue = state.withLock { state -> [Waiter] in
            guard state.connecting == 0 else { return [] }
            defer { state.waiters.removeAll(where: \.isOverdue) }
            return state.waiters.filter(\.isOverdue)
        }
        for waiter in overdue { waiter.continuation.resume(throwing: PoolExhausted(size: options.size, waited: options.patience)) }
    }

    /// - Returns: when to try again, nil where another task is at it; and the requests that the failure ends.
    private func failed(_ error: PostgresError) -> (pause: Duration?, refused: [Waiter]) {
        metrics.failures.increment()
        return state.withLock { state in
            state.failure = error
            // Waiting helps nobody where the settings, or the server's, are to be mended first.
            let isHopeless = !error.isWorthReconnecting
            let refused = state.waiters.filter { isHopeless || $0.isOverdue }
            state.waiters.removeAll { isHopeless || $0.isOverdue }
            return (state.connecting > 1 ? nil : state.backoff.next(jitter: environment.jitter()), refused)
        }
    }

    private func makeConnection() async throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(settings, cancels: cancels, logger: logger)
        do {
            try await connection.connect()
        } catch let error as PostgresError {
            connection.close()
            throw error
        } catch {
            connection.close()
            throw PostgresError(.connecting, "\(error)")
        }
        metrics.connects.increment()
        recordCounts()
        return connection
    }

    /// A new connection for one piece of work, tried for as long as patience lasts and there is hope. An attempt that has begun has its whole
    /// `connect_timeout`.
    func connectedForOne() async throws -> PostgresConnection {
        var backoff = Backoff(base: .milliseconds(50), cap: .seconds(2))
        let begun = uptime()
        while true {
            guard !state.withLock({ $0.isClosed }) else { throw PoolClosed() }
            try Task.checkCancellation()
            do throws(PostgresError) {
                return try await makeConnection()
            } catch {
                let pause = backoff.next(jitter: environment.jitter())
                guard error.isWorthReconnecting, uptime() - begun + pause < options.patience else { throw error }
                try await environment.clock.sleep(for: pause)
            }
        }
    }
}
