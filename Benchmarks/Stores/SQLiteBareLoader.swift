import EventLog
import EventModel
import ReadModel

/// One transaction, one prepared statement, rows in key order.
final class SQLiteBareLoader: BareLoader {
    private let connection: SQLiteConnection
    private let schema: TableSchema
    private let rows: [PartitionRow]

    /// The table is as a rebuild makes it.
    init(_ path: String, _ schema: TableSchema, _ rows: [PartitionRow]) throws {
        self.schema = schema
        self.rows = rows
        connection = try SQLiteConnection(path)
        let columns = schema.columns.map { "\"\($0.name)\" \($0.type == .text ? "TEXT" : "INTEGER")\($0.isNullable ? "" : " NOT NULL")" }
        let key = schema.key.spread == .combined ? "\"key\", \"partition\"" : "\"key\""
        try connection.execute(
            "CREATE TABLE rows (\"key\" TEXT NOT NULL, \(columns.joined(separator: ", ")), \"partition\" INTEGER NOT NULL, "
                + "PRIMARY KEY (\(key))) WITHOUT ROWID")
    }

    func load() throws {
        let marks = Array(repeating: "?", count: schema.columns.count + 2).joined(separator: ", ")
        let insert = try connection.prepare("INSERT INTO rows VALUES (\(marks))")
        try connection.execute("BEGIN IMMEDIATE")
        for row in rows {
            insert.bind(row.row.key)
            for value in row.row.values {
                switch value {
                case .null: insert.bind(nil)
                case .integer(let number): insert.bind(number)
                case .wide(let number): throw WideFigure(number: number)
                case .text(let text): insert.bind(text)
                case .timestamp(let instant): insert.bind(instant.microseconds)
                }
            }
            insert.bind(Int64(row.partition.rawValue))
            try insert.run()
        }
        try connection.execute("COMMIT")
    }

    /// What a rebuild has to make besides.
    func index() throws {
        guard schema.key.spread == .byStream else { return }
        for column in schema.columns where column.isFilter {
            try connection.execute("CREATE INDEX \"by_\(column.name)\" ON rows (\"\(column.name)\", \"key\")")
        }
    }
}
