import EventLog
import Foundation
import GRDB
import SQLiteSupport
import Synchronization

/// The open file: one connection that writes, a bounded pool of those that read. SQLite's blocking calls run on GRDB's own queues, never
/// on the cooperative pool.
///
/// What is read or written counts only while the file is the one at its path: otherwise every call fails with `displaced`.
final class Storage: Sendable {
    let path: String
    /// The path of SQLite's write-ahead log.
    let writeAheadLog: String
    let files: DatabaseFiles
    let catalog = TopicCatalog()
    private let pool: DatabasePool
    private let closed = Mutex(false)
    /// Whether what the write-ahead log held has been copied into the file, since that log was found to be removed.
    private let rescued = Mutex(false)

    init(path: String, writeAheadLog: String, files: DatabaseFiles, pool: DatabasePool) {
        self.path = path
        self.writeAheadLog = writeAheadLog
        self.files = files
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
                let db = try? access.get()
                continuation.resume(
                    returning: outcome(action(), on: db) {
                        let db = try access.get()
                        let value = try body(db)
                        try checkFiles(on: db)
                        return value
                    })
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
                try self.checkFiles(on: db)
                return .commit
            }
            try self.checkFiles(on: db)
            guard let value else { throw LogError(.unavailable, "cannot \(action): the transaction did not run") }
            return value
        }
    }

    /// - Throws: ``Displacement``.
    func checkFiles(on db: Database) throws {
        if let displacement = files.displacement(on: db) { throw displacement }
    }

    /// Runs `body` on the writing connection, outside of transactions.
    func perform<T: Sendable>(_ action: String, _ body: @escaping @Sendable (Database) throws -> T) async throws(LogError) -> T {
        guard !isClosed else { throw closedError(action) }
        let result: Result<T, LogError> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] db in
                continuation.resume(returning: outcome(action, on: db) { try body(db) })
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
            DispatchQueue.global().async { [self] in
                if files.mayBeClosed {
                    try? pool.close()  // what has been reported is on disk already
                } else {
                    abandon()
                }
                continuation.resume()
            }
        }
    }

    deinit {
        if !files.mayBeClosed { abandon() }
    }

    /// Keeps the connections open until the process ends: closing the last copies the write-ahead log into the file, whose content is
    /// somebody else's.
    private func abandon() { _ = Unmanaged.passRetained(pool) }

    private func outcome<T>(_ action: @autoclosure () -> String, on db: Database?, _ body: () throws -> T) -> Result<T, LogError> {
        do {
            return .success(try body())
        } catch {
            if isClosed { return .failure(closedError(action())) }
            return .failure(failure(error, on: db)("cannot \(action())"))
        }
    }

    /// What the error means of an action in the log, such as "cannot append". A ``LogError`` stays what it is. Whatever a file says that was
    /// removed, replaced or overwritten, that comes first.
    func failure(_ error: any Error, on db: Database?) -> (String) -> LogError {
        let displacement = db.map { files.displacement(on: $0) } ?? files.displacement()
        if displacement == nil, let error = error as? LogError { return { _ in error } }
        let fault = SQLiteFault(displacement ?? error, path: path, on: db)
        if case .displaced(let displacement) = fault { rescue(after: displacement) }
        return { LogError(fault, "\($0) in the log at \(self.path)", underlying: error) }
    }

    /// Copies the write-ahead log into the file where only that log was removed: this process has it open still, and a restart would miss
    /// it. As long as no file is at its path, no other process has opened the log since.
    private func rescue(after displacement: Displacement) {
        guard displacement.kind == .missing, displacement.path != files.path else { return }
        let isFirst = rescued.withLock { rescued in
            defer { rescued = true }
            return !rescued
        }
        guard isFirst else { return }
        enqueue { [files] db in
            guard files.displacement(on: db) == displacement else { return }
            try? db.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
        }
    }
}
