package import GRDB
import GRDBSQLite

/// What a failed access to a database means, for the adapters to say in their ports' terms.
package enum SQLiteFault {
    case storage(StorageFault)
    case displaced(Displacement)
    /// Another connection holds a lock, or memory is short: later it may work.
    case busy
    case damaged
    /// The file is no database at all.
    case notADatabase
    case interrupted
    /// Anything else, which is the program's own mistake in most cases.
    case other

    /// - Parameters:
    ///   - path: of the database.
    ///   - db: the connection that failed, where it is at hand: it knows more of the cause. On its own queue.
    package init(_ error: any Error, path: String, on db: Database? = nil) {
        if let displacement = error as? Displacement {
            self = .displaced(displacement)
            return
        }
        if let fault = error as? StorageFault {
            self = .storage(fault)
            return
        }
        guard let error = error as? DatabaseError else {
            self = .other
            return
        }
        if error.extendedResultCode == .SQLITE_READONLY_DBMOVED {
            self = .displaced(Displacement(FileStatus(path: path) == nil ? .missing : .replaced, path))
            return
        }
        if let fault = StorageFault(error, path: path, systemError: db?.sqliteConnection.map(sqlite3_system_errno) ?? 0) {
            self = .storage(fault)
            return
        }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL, .SQLITE_NOMEM: self = .busy
        case .SQLITE_CORRUPT: self = .damaged
        case .SQLITE_NOTADB: self = .notADatabase
        case .SQLITE_INTERRUPT, .SQLITE_ABORT: self = .interrupted
        default: self = .other
        }
    }
}
