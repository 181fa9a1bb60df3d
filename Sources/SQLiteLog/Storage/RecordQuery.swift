import EventLog
import EventModel
import GRDB
import GRDBSQLite

/// Reads a partition's records.
enum RecordQuery {
    /// Where the partition's next record will land.
    static func end(of key: PartitionKey, in db: Database) throws -> Offset {
        let statement = try db.cachedStatement(sql: "SELECT id FROM records WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1")
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        sqlite3_bind_int64(handle, 1, key.ids.lowerBound)
        sqlite3_bind_int64(handle, 2, key.ids.upperBound)
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return key.offset(of: sqlite3_column_int64(handle, 0)).next
        case SQLITE_DONE: return .zero
        case let code: throw DatabaseError(sqlite: code, in: db)
        }
    }

    /// The records from `offset` on that fit `maximumBytes`, at least one; nil at the end. Their bytes share one array.
    static func batch(
        of partition: TopicPartition, _ key: PartitionKey, from offset: Offset, maximumBytes: Int, in db: Database
    ) throws -> LogBatch? {
        let end = try end(of: key, in: db)
        guard offset < end else {
            guard offset == end else { throw lost(partition, offset, "which now ends at \(end)") }
            return nil
        }
        let statement = try db.cachedStatement(
            sql: "SELECT id, stored_at, key, value FROM records WHERE id >= ? AND id < ? ORDER BY id")
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        sqlite3_bind_int64(handle, 1, key.id(of: offset))
        sqlite3_bind_int64(handle, 2, key.id(of: end))

        let available = end.rawValue - offset.rawValue
        var rows: [(storedAt: Int64, keyEnd: Int, valueEnd: Int)] = []
        var bytes: [UInt8] = []
        // A guess at the whole batch, so that it is one allocation in most cases; for few records the guess stays small.
        bytes.reserveCapacity(min(max(0, maximumBytes), Int(min(available, 1 << 20)) * 512))
        var expected = key.id(of: offset)
        while true {
            let code = sqlite3_step(handle)
            if code == SQLITE_DONE { break }
            guard code == SQLITE_ROW else { throw DatabaseError(sqlite: code, in: db) }
            guard sqlite3_column_int64(handle, 0) == expected else {
                throw lost(partition, key.offset(of: expected), "though later ones are there")
            }
            let size = Int(sqlite3_column_bytes(handle, 2)) + Int(sqlite3_column_bytes(handle, 3))
            if !rows.isEmpty && bytes.count + size > maximumBytes { break }
            append(column: 2, of: handle, to: &bytes)
            let keyEnd = bytes.count
            append(column: 3, of: handle, to: &bytes)
            rows.append((sqlite3_column_int64(handle, 1), keyEnd, bytes.count))
            expected += 1
        }

        var start = 0
        var entries: [LogEntry] = []
        entries.reserveCapacity(rows.count)
        for row in rows {
            entries.append(
                LogEntry(
                    offset: offset + entries.count, storedAt: Timestamp(microseconds: row.storedAt), key: bytes[start..<row.keyEnd],
                    value: bytes[row.keyEnd..<row.valueEnd]))
            start = row.valueEnd
        }
        guard !entries.isEmpty else { throw lost(partition, offset, "though later ones are there") }
        return LogBatch(entries: entries, end: end)
    }

    private static func append(column: CInt, of handle: SQLiteStatement, to bytes: inout [UInt8]) {
        guard let base = sqlite3_column_blob(handle, column) else { return }
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column))))
    }

    private static func lost(_ partition: TopicPartition, _ offset: Offset, _ what: String) -> LogError {
        LogError(
            .truncated,
            "the record at \(partition)@\(offset) is missing, \(what): the log was truncated or recreated; restore it, or rebuild what was "
                + "derived from it")
    }
}
