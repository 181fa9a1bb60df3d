import Dispatch
import GRDB
import Logging
import ReadModel
import SQLiteSupport
import Synchronization

// What becomes of a read model whose file is removed or replaced while it is open: it is opened again by its path. A new file is built from the
// log; one that was put there goes on from its own positions, if the log has them.

extension SQLiteReadModelStore {
    public func incarnation() async throws -> Int? { try await opened().number }

    /// The file as it is at its path. One that was overwritten in place is not opened again: its write-ahead log is of its former content.
    func opened() async throws -> OpenReadModel {
        let file = current.withLock { $0 }
        guard let displacement = file.files?.displacement() else { return file }
        return try await Self.run(on: reopening) { [self] in try reopen(file, after: displacement) }
    }

    private func reopen(_ file: OpenReadModel, after displacement: Displacement) throws -> OpenReadModel {
        let newest = current.withLock { $0 }
        guard newest.number == file.number else { return newest }
        guard displacement.kind != .overwritten else { throw readModelError("use the read model", path, displacement) }
        if displacement.path == file.files?.path {
            file.files?.removeStaleLog()
        } else {
            // Connections of one process share the index of the write-ahead log, whatever is at its path: none may be left. As long as
            // nothing is there, no other process has opened the file since, and what this one has can be saved.
            if displacement.kind == .missing {
                try? file.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)") }
            }
            try? file.close()
        }
        let again = try OpenReadModel(path, number: file.number + 1, readOnly: false)
        current.withLock { $0 = again }
        logger?.warning(
            "the read model's file was removed or replaced; what is at its path now is used, and brought up to date from the log",
            metadata: ["path": "\(path)", "reason": "\(displacement)"])
        return again
    }

    /// Runs `body` within one snapshot.
    func read<Result: Sendable>(_ what: String, _ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        let file = try await opened()
        do {
            return try await file.pool.read { db in
                do {
                    let result = try body(db)
                    // Afterwards: what was read from a file that has been overwritten meanwhile may be of its new content.
                    try file.check(db)
                    return result
                } catch {
                    try file.check(db)
                    throw error
                }
            }
        } catch {
            throw readModelError(what, path, error)
        }
    }

    /// Runs `body` in a transaction. It counts only in the file that is at its path afterwards.
    func write<Result: Sendable>(_ what: String, _ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        let file = try await opened()
        do {
            return try await file.pool.writeWithoutTransaction { db in
                do {
                    var result: Swift.Result<Result, any Error>?
                    try db.inTransaction(.immediate) {
                        result = .success(try body(db))
                        try file.check(db)
                        return .commit
                    }
                    try file.check(db)
                    guard let result else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
                    return try result.get()
                } catch {
                    try file.check(db)
                    throw error
                }
            }
        } catch {
            throw readModelError(what, path, error)
        }
    }
}

extension OpenReadModel {
    /// - Throws: ``Displacement``.
    fileprivate func check(_ db: Database) throws {
        if let displacement = files?.displacement(on: db) { throw displacement }
    }
}
