import Foundation
import Logging
import Synchronization

/// A connection and its thread. Work is done one piece after the other.
final class PostgresConnection: Sendable {
    private let inbox: Inbox

    /// Not connected yet.
    ///
    /// - Parameter cancels: what sends its requests to cancel.
    init(_ settings: ConnectionSettings, cancels: CancelSender = CancelSender(), logger: Logger) throws(PostgresError) {
        let inbox = Inbox(try WakePipe())
        self.inbox = inbox
        let thread = Thread { Self.serve(inbox, settings, cancels, logger) }
        thread.name = "highwater.postgres"
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { inbox.close() }

    /// Whether it was open after its last piece of work and has not been seen to break since.
    var isOpen: Bool { inbox.isConnected.load(ordering: .acquiring) }

    /// Runs `work` on the connection's thread. Where the task is cancelled, or the limit is over, the connection closes at once and the server
    /// is asked to cancel the statement, whose outcome is unknown then.
    ///
    /// - Parameter limit: nil for work that bounds itself.
    func run<Result: Sendable>(
        within limit: TimeLimit? = .step, _ work: @escaping @Sendable (PostgresSession) throws -> Result
    ) async throws -> Result {
        let flag = CancelFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                inbox.put { session in
                    let result = Swift.Result<Result, any Error> {
                        guard let session else { throw PostgresError(.connectionLost, "the connection was closed") }
                        return try session.perform(flag, within: limit, work)
                    }
                    return { continuation.resume(with: result) }
                }
            }
        } onCancel: {
            flag.cancel()
            inbox.wake()
        }
    }

    /// Each host has its `connect_timeout`, in which it is to let the user in.
    func connect() async throws {
        try await run(within: nil) { session in try session.connect() }
        try await run { session in
            try session.script(Self.setup)
            // Since version 14, and not where the server's system cannot tell.
            guard session.serverVersion >= 140_000 else { return }
            do {
                try session.script("SET client_connection_check_interval = '2s'")
            } catch let error as PostgresError where error.kind == .server && !error.isFatal {}
        }
    }

    /// Whatever the server's, the database's or the role's own defaults are. Each statement that follows a lock is to see what was committed
    /// before it. And a client that is gone without a word, in the middle of a statement too, or that stands still in a transaction, is not to
    /// hold its locks for long: the server notices within a minute, as we do of the server.
    private static let setup = """
        SET default_transaction_isolation = 'read committed';
        SET idle_in_transaction_session_timeout = '60s';
        SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '60s'
        """

    /// Closes it after the work that it has.
    func close() { inbox.close() }

    private static func serve(_ inbox: Inbox, _ settings: ConnectionSettings, _ cancels: CancelSender, _ logger: Logger) {
        let session = PostgresSession(settings, wakePipe: inbox.wakePipe, cancels: cancels, logger: logger)
        while true {
            switch inbox.next() {
            case .work(let job):
                let complete = job(session)
                // Before whoever waits goes on, who may look.
                inbox.isConnected.store(session.isOpen, ordering: .releasing)
                complete()
            case .none:
                session.idle()
                inbox.isConnected.store(session.isOpen, ordering: .releasing)
            case .closed:
                session.close()
                inbox.isConnected.store(false, ordering: .releasing)
                return
            }
        }
    }
}

/// What a connection's thread is to do.
private final class Inbox: Sendable {
    /// Does the work, or says that it cannot be done where there is no session; then tells whoever waits.
    typealias Job = @Sendable (PostgresSession?) -> @Sendable () -> Void

    enum Next {
        case work(Job)
        case none
        case closed
    }

    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    let wakePipe: WakePipe
    let isConnected = Atomic(false)
    private let state = Mutex(State())

    init(_ wakePipe: WakePipe) { self.wakePipe = wakePipe }

    func put(_ job: @escaping Job) {
        let isTaken = state.withLock { state in
            if !state.isClosed { state.jobs.append(job) }
            return !state.isClosed
        }
        if isTaken { wake() } else { job(nil)() }
    }

    func next() -> Next {
        state.withLock { state in
            if !state.jobs.isEmpty { return .work(state.jobs.removeFirst()) }
            return state.isClosed ? .closed : .none
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    func wake() { wakePipe.wake() }
}
