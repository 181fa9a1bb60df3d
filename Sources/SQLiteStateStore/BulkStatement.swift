import EventModel
import GRDB
import GRDBSQLite

/// A prepared statement that runs for each of many rows: values are bound and read without an object for each.
struct BulkStatement {
    private let db: Database
    private let statement: Statement
    /// The first binding that failed.
    private var fault = SQLITE_OK

    init(_ db: Database, _ sql: String) throws {
        self.db = db
        statement = try db.cachedStatement(sql: sql)
    }

    private var handle: SQLiteStatement { statement.sqliteStatement }

    mutating func bind(_ index: Int32, _ number: Int64) { note(sqlite3_bind_int64(handle, index, number)) }

    mutating func bind(_ index: Int32, _ text: String) {
        var text = text
        note(
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    // A text without an address would be bound as NULL.
                    sqlite3_bind_text(handle, index, $0.baseAddress ?? Self.empty, Int32($0.count), Self.copied)
                }
            })
    }

    mutating func bind(_ index: Int32, _ bytes: Bytes) {
        note(
            bytes.withUnsafeBytes {
                guard let base = $0.baseAddress, !$0.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
                return sqlite3_bind_blob64(handle, index, base, sqlite3_uint64($0.count), Self.copied)
            })
    }

    /// Runs it with what is bound.
    ///
    /// - Returns: the first column of its row; nil where it returns none.
    /// - Throws: `DatabaseError`.
    @discardableResult
    mutating func run() throws -> Int64? {
        defer {
            sqlite3_reset(handle)
            fault = SQLITE_OK
        }
        guard fault == SQLITE_OK else { throw error(fault) }
        switch sqlite3_step(handle) {
        case SQLITE_DONE: return nil
        case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
        case let code: throw error(code)
        }
    }

    private mutating func note(_ code: Int32) { if fault == SQLITE_OK { fault = code } }

    private func error(_ code: Int32) -> DatabaseError {
        let message = db.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }

    /// SQLITE_TRANSIENT, a macro that C alone understands: SQLite copies what is bound.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
    private static var empty: UnsafePointer<CChar> { UnsafePointer(bitPattern: 1)! }
}
