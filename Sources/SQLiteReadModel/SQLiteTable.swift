import EventLog
import EventModel
import GRDB
import ReadModel

/// The SQL of one generation's table. Every identifier is quoted and every value bound.
///
/// Rows are clustered by key, which serves lookups, pages, the combination of partitions, and loading in key order.
struct SQLiteTable: Sendable {
    let schema: TableSchema
    private let name: String
    private let key: String
    private let columns: [String]
    /// The statements of every batch.
    let insert: String
    let upsert: String
    let selectOne: String

    init(_ generation: Generation) {
        schema = generation.schema
        name = Self.quoted(schema.tableName(generation: generation.number))
        key = Self.quoted(TableSchema.sqlName(schema.key.name))
        columns = schema.columns.map { Self.quoted(TableSchema.sqlName($0.name)) }
        let list = ([key] + columns).joined(separator: ", ")
        let places = Array(repeating: "?", count: columns.count + 2).joined(separator: ", ")
        insert = "INSERT INTO \(name) (\(list), \"partition\") VALUES (\(places))"
        let sets = columns.map { "\($0) = excluded.\($0)" } + ["\"partition\" = excluded.\"partition\""]
        upsert =
            insert + " ON CONFLICT (\(Self.primaryKey(key, schema))) DO UPDATE SET \(sets.joined(separator: ", "))"
            + " WHERE \(name).\"partition\" = excluded.\"partition\""
        selectOne = "SELECT \(list) FROM \(name) WHERE \(key) = ? AND \"partition\" = ?"
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    private var isCombined: Bool { schema.key.spread == .combined }
    /// Key and columns, before the partition.
    var columnCount: Int { 1 + columns.count }
    private var list: String { ([key] + columns).joined(separator: ", ") }

    // MARK: Definition

    var create: String {
        let types = zip(columns, schema.columns).map { name, column in
            "\(name) \(column.type == .text ? "TEXT" : "INTEGER")\(column.isNullable ? "" : " NOT NULL")"
        }
        let lines = ["\(key) TEXT NOT NULL"] + types + ["\"partition\" INTEGER NOT NULL", "PRIMARY KEY (\(Self.primaryKey(key, schema)))"]
        return "CREATE TABLE \(name) (\(lines.joined(separator: ", "))) WITHOUT ROWID"
    }

    private static func primaryKey(_ key: String, _ schema: TableSchema) -> String {
        schema.key.spread == .combined ? "\(key), \"partition\"" : key
    }
    var drop: String { "DROP TABLE IF EXISTS \(name)" }

    /// Indexes on the filters; combined rows have none that would help.
    func createIndexes(_ db: Database) throws {
        guard !isCombined else { return }
        for (column, schema) in zip(columns, schema.columns) where schema.isFilter {
            let index = Self.quoted("\(name.dropFirst().dropLast())_\(column.dropFirst().dropLast())")
            try db.execute(sql: "CREATE INDEX IF NOT EXISTS \(index) ON \(name) (\(column), \(key))")
        }
    }

    /// Points the view with the plain name at this table.
    func createView(_ db: Database) throws {
        let view = Self.quoted(schema.viewName)
        let shown = zip(columns, zip(schema.columns, combinedColumns)).map { name, column in
            column.0.type == .timestamp ? "\(Self.readableTime(column.1)) AS \(name)" : "\(column.1) AS \(name)"
        }
        try db.execute(sql: "DROP VIEW IF EXISTS \(view)")
        try db.execute(
            sql:
                "CREATE VIEW \(view) AS SELECT \(([key] + shown).joined(separator: ", ")) FROM \(name)\(isCombined ? " GROUP BY \(key)" : "")"
        )
    }

    /// Microseconds since 1970 as RFC 3339, rounded down also before 1970.
    private static func readableTime(_ value: String) -> String {
        let seconds = "((\(value)) - (((\(value)) % 1000000) + 1000000) % 1000000) / 1000000"
        return "strftime('%Y-%m-%dT%H:%M:%S', \(seconds), 'unixepoch') || printf('.%06dZ', (((\(value)) % 1000000) + 1000000) % 1000000)"
    }

    private var combinedColumns: [String] {
        zip(columns, schema.columns).map { name, column in
            guard isCombined else { return name }
            return switch column.reducer ?? .max {
            case .sum: "SUM(\(name))"
            case .min: "MIN(\(name))"
            case .max: "MAX(\(name))"
            }
        }
    }

    // MARK: Rows as partitions keep them

    var selectFirst: String { "SELECT \(list), \"partition\" FROM \(name) ORDER BY \(key), \"partition\" LIMIT ?" }
    var selectNext: String {
        "SELECT \(list), \"partition\" FROM \(name) WHERE (\(key), \"partition\") > (?, ?) ORDER BY \(key), \"partition\" LIMIT ?"
    }
    var delete: String { "DELETE FROM \(name) WHERE \(key) = ? AND \"partition\" = ?" }

    // MARK: Rows as readers see them

    var selectCombinedOne: String {
        "SELECT \(([key] + combinedColumns).joined(separator: ", ")) FROM \(name) WHERE \(key) = ?\(isCombined ? " GROUP BY \(key)" : "")"
    }

    /// Nil where no row can match.
    func select(_ query: RowQuery) -> (sql: String, arguments: StatementArguments)? {
        var arguments: [DatabaseValue] = []
        var whole: [String] = []
        if let after = query.after {
            guard !after.hasNUL else { return nil }
            whole.append("\(key) > ?")
            arguments.append(after.databaseValue)
        }
        var filters: [String] = []
        for (filter, value) in query.filters.sorted(by: { $0.key < $1.key }) {
            guard let index = schema.columns.firstIndex(where: { $0.name == filter }) else { return nil }
            if case .text(let text) = value, text.hasNUL { return nil }
            filters.append("\(combinedColumns[index]) IS ?")
            arguments.append(Self.databaseValue(value))
        }
        if !isCombined { whole += filters }
        var sql = "SELECT \(([key] + combinedColumns).joined(separator: ", ")) FROM \(name)"
        if !whole.isEmpty { sql += " WHERE " + whole.joined(separator: " AND ") }
        if isCombined {
            sql += " GROUP BY \(key)"
            if !filters.isEmpty { sql += " HAVING " + filters.joined(separator: " AND ") }
        }
        arguments.append(query.limit.databaseValue)
        return (sql + " ORDER BY \(key) LIMIT ?", StatementArguments(arguments))
    }

    // MARK: Values

    private static func databaseValue(_ value: ColumnValue) -> DatabaseValue {
        switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .timestamp(let instant): instant.microseconds.databaseValue
        }
    }

    /// The row from a result whose first columns are the key and the schema's.
    ///
    /// - Throws: `unreadableEvent` for a value that is not of its column's type: somebody changed it by hand.
    func stored(_ row: Row) throws -> StoredRow {
        var values: [ColumnValue] = []
        values.reserveCapacity(columns.count)
        for (index, column) in schema.columns.enumerated() {
            let value: DatabaseValue = row[index + 1]
            switch (value.storage, column.type) {
            case (.null, _): values.append(.null)
            case (.int64(let number), .integer), (.int64(let number), .micros): values.append(.integer(number))
            case (.int64(let number), .timestamp): values.append(.timestamp(Timestamp(microseconds: number)))
            case (.string(let text), .text): values.append(.text(text))
            default:
                throw ReadModelError(
                    .unreadableEvent,
                    "'\(schema.projection.name)': column '\(column.name)' of row '\(row[0] as String)' holds \(value), which is not of its "
                        + "type: it was changed by hand; rebuild with `replay \(schema.projection.name)`")
            }
        }
        return StoredRow(key: row[0], values: values)
    }
}
