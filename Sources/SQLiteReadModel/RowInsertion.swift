import EventLog
import EventModel
import GRDB
import GRDBSQLite
import ReadModel

/// Runs a statement whose parameters are a row's key, its columns and its partition, row after row, straight from their bytes.
struct RowInsertion {
    private let db: Database
    private let statement: Statement
    private let schema: TableSchema
    /// The row's texts, one after the other, and where each is.
    private var texts: [UInt8] = []
    private var places: [(index: CInt, range: Range<Int>)] = []

    init(_ statement: Statement, _ schema: TableSchema, _ db: Database) {
        self.statement = statement
        self.schema = schema
        self.db = db
    }

    /// How many rows it changed.
    ///
    /// - Throws: `unsupportedValue` for a text that cannot be stored; `DatabaseError`.
    @discardableResult
    mutating func run(_ row: StoredRow, _ partition: Partition) throws -> Int {
        try row.checkTexts(schema)
        let handle = statement.sqliteStatement
        texts.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        add(row.key, 1)
        var index: CInt = 2
        for (value, column) in zip(row.values, schema.columns) {
            var high: Int64 = 0
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let number): sqlite3_bind_int64(handle, index, number)
            case .wide(let number):
                guard column.type.isWide, let number = WideNumber(number) else { throw RowReduction.overflow(column.name, schema) }
                sqlite3_bind_int64(handle, index, number.low)
                high = number.high
            case .timestamp(let instant): sqlite3_bind_int64(handle, index, instant.microseconds)
            case .text(let text): add(text, index)
            }
            index += 1
            guard column.type.isWide else { continue }
            sqlite3_bind_int64(handle, index, high)
            index += 1
        }
        sqlite3_bind_int64(handle, index, Int64(partition.rawValue))
        // Bound without a copy: the statement runs, and is reset, within this scope.
        let code = texts.withUnsafeBytes { bytes in
            for place in places {
                let text = UnsafeRawBufferPointer(rebasing: bytes[place.range]).assumingMemoryBound(to: CChar.self)
                sqlite3_bind_text(handle, place.index, text.baseAddress, CInt(text.count), nil)
            }
            let code = sqlite3_step(handle)
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
            return code
        }
        guard code == SQLITE_DONE else { throw error(code) }
        return db.changesCount
    }

    private mutating func add(_ text: String, _ index: CInt) {
        let start = texts.count
        texts.append(contentsOf: text.utf8)
        places.append((index, start..<texts.count))
        // An empty text without an address would be bound as NULL.
        if texts.isEmpty { texts.append(0) }
    }

    private func error(_ code: CInt) -> DatabaseError {
        let message = db.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}
