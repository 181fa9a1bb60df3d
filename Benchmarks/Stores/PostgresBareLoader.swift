import EventLog
import EventModel
import ReadModel

/// One transaction: COPY in the binary format, rows in key order, frozen, the primary key built after them.
final class PostgresBareLoader: BareLoader {
    private let connection: PostgresConnection
    private let schema: TableSchema
    private let rows: [PartitionRow]
    private static let chunk = 1 << 17

    init(_ connectionString: String, _ schema: TableSchema, _ rows: [PartitionRow]) throws {
        self.schema = schema
        self.rows = rows
        connection = try PostgresConnection(connectionString)
        try connection.execute("DROP TABLE IF EXISTS bare_rows")
    }

    deinit { try? connection.execute("DROP TABLE IF EXISTS bare_rows") }

    /// The table is as a rebuild makes it.
    func load() throws {
        let columns = schema.columns.map {
            "\"\($0.name)\" \($0.type == .text ? "text COLLATE \"C\"" : "bigint")\($0.isNullable ? "" : " NOT NULL")"
        }
        try connection.execute("BEGIN")
        try connection.execute(
            "CREATE TABLE bare_rows (\"key\" text COLLATE \"C\" NOT NULL, \(columns.joined(separator: ", ")), \"partition\" integer NOT NULL)"
        )
        var next = 0
        try connection.copy("COPY bare_rows FROM STDIN (FORMAT binary, FREEZE)") { buffer in
            while buffer.count < Self.chunk, next < rows.count {
                try append(rows[next], to: &buffer)
                next += 1
            }
            return next < rows.count
        }
        let key = schema.key.spread == .combined ? "\"key\", \"partition\"" : "\"key\""
        try connection.execute("ALTER TABLE bare_rows ADD PRIMARY KEY (\(key))")
        try connection.execute("COMMIT")
    }

    private func append(_ row: PartitionRow, to buffer: inout [UInt8]) throws(WideFigure) {
        buffer.append(bigEndian: Int16(schema.columns.count + 2))
        buffer.append(field: row.row.key)
        for value in row.row.values {
            switch value {
            case .null: buffer.append(bigEndian: Int32(-1))
            case .integer(let number): buffer.append(field: number)
            case .wide(let number): throw WideFigure(number: number)
            case .text(let text): buffer.append(field: text)
            case .timestamp(let instant): buffer.append(field: instant.microseconds)
            }
        }
        buffer.append(field: row.partition.rawValue)
    }

    func index() throws {
        guard schema.key.spread == .byStream else { return }
        for column in schema.columns where column.isFilter {
            try connection.execute("CREATE INDEX ON bare_rows (\"\(column.name)\", \"key\")")
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(field number: some FixedWidthInteger) {
        append(bigEndian: Int32(number.bitWidth / 8))
        append(bigEndian: number)
    }

    fileprivate mutating func append(field text: String) {
        append(bigEndian: Int32(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
