import EventLog
import Foundation
import GRDB
import Synchronization

/// The open file: one connection that writes, a bounded pool of those that read. SQLite's blocking calls run on GRDB's own queues, never
/// on the cooperative pool.
final class Storage: Sendable {
    let path: String
    /// The path of SQLite's write-ahead log.
    let writeAheadLog: String
    let catalog = TopicCatalog()
    private let pool: DatabasePool
    private let closed = Mutex(false)

    init(path: String, writeAheadLog: String, pool: DatabasePool) {
        self.path = path
        self.writeAheadLog = writeAheadLog
        self.pool = pool
    }

    static func open(path: String, options: SQLiteLog.Options) async throws(LogError) -> Storage {
        let result: Result<Storage, LogError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(LogError) {
                    continuation.resume(returning: .success(try LogFile.open(path, options)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    var isClosed: Bool { closed.withLock { $0 } }

    func closedError(_ action: String) -> LogError { LogError(.closed, "cannot \(action): the log at \(path) is closed") }

    /// Runs `body` in a transaction that sees one state of the log.
    func read<T: Sendable>(
        _ action: @autoclosure @escaping @Sendable () -> String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(LogError) -> T {
        guard !isClosed else { throw closedError(action()) }
        let result: Result<T, LogError> = await withCheckedContinuation { continuation in
            pool.asyncRead { [self] access in
                continuation.resume(returning: outcome(action()) { try body(access.get()) })
            }
        }
        return try result.get()
    }

    /// Runs `body` in a transaction of its own.
    func write<T: Sendable>(_ action: String, _ body: @escaping @Sendable (Database) throws -> T) async throws(LogError) -> T {
        try await perform(action) { db in
            var value: T?
            try db.inTransaction(.immediate) {
                value = try body(db)
                return .commit
            }
            guard let value else { throw LogError(.unavailable, "cannot \(action): the transaction did not run") }
            return value
        }
    }

    /// Runs `body` on the writing connection, outside of transactions.
    func perform<T: Sendable>(_ action: String, _ body: @escaping @Sendable (Database) throws -> T) async throws(LogError) -> T {
        guard !isClosed else { throw closedError(action) }
        let result: Result<T, LogError> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] db in
                continuation.resume(returning: outcome(action) { try body(db) })
            }
        }
        return try result.get()
    }

    /// Enqueues `body` behind whatever the writing connection does, and returns at once.
    func enqueue(_ body: @escaping @Sendable (Database) -> Void) {
        pool.asyncWriteWithoutTransaction(body)
    }

    func close() async {
        let isFirst = closed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        guard isFirst else { return }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [pool] in
                try? pool.close()  // what has been reported is on disk already
                continuation.resume()
            }
        }
    }

    private func outcome<T>(_ action: @autoclosure () -> String, _ body: () throws -> T) -> Result<T, LogError> {
        do {
            return .success(try body())
        } catch {
            if isClosed { return .failure(closedError(action())) }
            return .failure(LogError(sqlite: error, "cannot \(action()) in the log at \(path)"))
        }
    }
}
