import ArgumentParser
import GRDBSQLite

/// SQLite with nothing between.
final class SQLiteConnection: SQLConnection {
    private let handle: OpaquePointer

    init(_ path: String) throws {
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK, let handle else { throw ValidationError("\(path) cannot be opened") }
        self.handle = handle
        for pragma in ["journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536"] { try execute("PRAGMA \(pragma)") }
    }

    deinit { sqlite3_close_v2(handle) }

    let clustered = " WITHOUT ROWID"

    func execute(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error }
    }

    func prepare(_ sql: String) throws -> any SQLStatement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw error }
        return SQLiteStatement(statement)
    }

    private var error: ValidationError { ValidationError(String(cString: sqlite3_errmsg(handle))) }
}

private final class SQLiteStatement: SQLStatement {
    private let handle: OpaquePointer
    private var index: CInt = 0
    /// SQLITE_TRANSIENT, which C has as a macro: SQLite copies the text.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { sqlite3_finalize(handle) }

    func bind(_ value: Int64) {
        index += 1
        sqlite3_bind_int64(handle, index, value)
    }

    func bind(_ value: String?) {
        index += 1
        guard var value else {
            sqlite3_bind_null(handle, index)
            return
        }
        _ = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { sqlite3_bind_text(handle, index, $0.baseAddress, CInt($0.count), Self.transient) }
        }
    }

    func run() throws {
        index = 0
        defer { sqlite3_reset(handle) }
        guard sqlite3_step(handle) == SQLITE_DONE else { throw ValidationError("a statement failed") }
    }
}
