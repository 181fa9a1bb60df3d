import EventLog
import EventModel
import GRDB
import GRDBSQLite

/// Inserts records one after the other, straight from the caller's bytes.
struct RecordInsertion {
    private let db: Database
    private let statement: Statement

    init(_ db: Database) throws {
        self.db = db
        statement = try db.cachedStatement(sql: "INSERT INTO records (id, stored_at, key, value) VALUES (?, ?, ?, ?)")
    }

    func insert(id: Int64, storedAt: Timestamp, _ record: LogRecord) throws {
        let handle = statement.sqliteStatement
        sqlite3_bind_int64(handle, 1, id)
        sqlite3_bind_int64(handle, 2, storedAt.microseconds)
        // Bound without a copy: the statement runs, and forgets them, within these scopes.
        let code = record.key.withUnsafeBytes { key in
            record.value.withUnsafeBytes { value in
                var code = Self.bind(handle, 3, key)
                if code == SQLITE_OK { code = Self.bind(handle, 4, value) }
                if code == SQLITE_OK { code = sqlite3_step(handle) }
                sqlite3_reset(handle)
                sqlite3_clear_bindings(handle)
                return code
            }
        }
        guard code == SQLITE_DONE else { throw DatabaseError(sqlite: code, in: db) }
    }

    private static func bind(_ handle: SQLiteStatement, _ index: CInt, _ bytes: UnsafeRawBufferPointer) -> CInt {
        // A blob without an address would be bound as NULL.
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
        return sqlite3_bind_blob64(handle, index, base, sqlite3_uint64(bytes.count), nil)
    }
}

extension DatabaseError {
    init(sqlite code: CInt, in db: Database) {
        let message = db.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        self.init(resultCode: ResultCode(rawValue: code), message: message)
    }
}
