import EventLog
import EventModel
import GRDB
import ReadModel

/// The SQL of one generation's table. Every identifier is quoted and every value bound.
///
/// Rows are clustered by key, which serves lookups, pages, the combination of partitions, and loading in key order.
struct SQLiteTable: Sendable {
    /// A column of the schema as the table keeps it.
    struct Cell: Sendable {
        let schema: ColumnSchema
        /// Quoted.
        let name: String
        /// The upper part of a number of 128 bits, quoted; see ``WideNumber``.
        let high: String?

        init(_ schema: ColumnSchema) {
            self.schema = schema
            let name = TableSchema.sqlName(schema.name)
            self.name = SQLiteTable.quoted(name)
            // No column of a projection can be called so.
            high = schema.type.isWide ? SQLiteTable.quoted("\(name)*1e18") : nil
        }

        var names: [String] { [name] + (high.map { [$0] } ?? []) }
    }

    let schema: TableSchema
    let name: String
    let key: String
    let cells: [Cell]
    /// The statements of every batch.
    let insert: String
    let upsert: String
    let selectOne: String

    init(_ generation: Generation) {
        schema = generation.schema
        name = Self.quoted(schema.tableName(generation: generation.number))
        key = Self.quoted(TableSchema.sqlName(schema.key.name))
        cells = schema.columns.map(Cell.init)
        let names = cells.flatMap(\.names)
        let list = ([key] + names).joined(separator: ", ")
        let places = Array(repeating: "?", count: names.count + 2).joined(separator: ", ")
        insert = "INSERT INTO \(name) (\(list), \"partition\") VALUES (\(places))"
        let sets = names.map { "\($0) = excluded.\($0)" } + ["\"partition\" = excluded.\"partition\""]
        upsert =
            insert + " ON CONFLICT (\(Self.primaryKey(key, schema))) DO UPDATE SET \(sets.joined(separator: ", "))"
            + " WHERE \(name).\"partition\" = excluded.\"partition\""
        selectOne = "SELECT \(list) FROM \(name) WHERE \(key) = ? AND \"partition\" = ?"
    }

    static func quoted(_ name: String) -> String {
        "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    var isCombined: Bool { schema.key.spread == .combined }
    /// Key and columns, before the partition.
    var columnCount: Int { 1 + cells.reduce(0) { $0 + $1.names.count } }
    private var list: String { ([key] + cells.flatMap(\.names)).joined(separator: ", ") }

    // MARK: Definition

    var create: String {
        let columns = cells.flatMap { cell in
            ["\(cell.name) \(cell.schema.type == .text ? "TEXT" : "INTEGER")\(cell.schema.isNullable ? "" : " NOT NULL")"]
                + (cell.high.map { ["\($0) INTEGER NOT NULL DEFAULT 0"] } ?? [])
        }
        let lines =
            ["\(key) TEXT NOT NULL"] + columns + ["\"partition\" INTEGER NOT NULL", "PRIMARY KEY (\(Self.primaryKey(key, schema)))"]
        return "CREATE TABLE \(name) (\(lines.joined(separator: ", "))) WITHOUT ROWID"
    }

    private static func primaryKey(_ key: String, _ schema: TableSchema) -> String {
        schema.key.spread == .combined ? "\(key), \"partition\"" : key
    }
    var drop: String { "DROP TABLE IF EXISTS \(name)" }

    /// Indexes on the filters; combined rows have none that would help.
    func createIndexes(_ db: Database) throws {
        guard !isCombined else { return }
        for cell in cells where cell.schema.isFilter {
            let index = Self.quoted("\(name.dropFirst().dropLast())_\(cell.name.dropFirst().dropLast())")
            try db.execute(sql: "CREATE INDEX IF NOT EXISTS \(index) ON \(name) (\(cell.name), \(key))")
        }
    }

    // MARK: Rows as partitions keep them

    var selectFirst: String { "SELECT \(list), \"partition\" FROM \(name) ORDER BY \(key), \"partition\" LIMIT ?" }
    var selectNext: String {
        "SELECT \(list), \"partition\" FROM \(name) WHERE (\(key), \"partition\") > (?, ?) ORDER BY \(key), \"partition\" LIMIT ?"
    }
    var delete: String { "DELETE FROM \(name) WHERE \(key) = ? AND \"partition\" = ?" }

    /// The row from a result whose first columns are the key and the table's.
    ///
    /// - Throws: `unreadableEvent` for a value that is not of its column's type: somebody changed it by hand.
    func stored(_ row: Row) throws -> StoredRow {
        var index = 1
        return StoredRow(key: row[0], values: try cells.map { try kept($0, row, &index) })
    }

    /// The value of a cell whose columns begin at `index`, which moves on beyond them.
    func kept(_ cell: Cell, _ row: Row, _ index: inout Int) throws -> ColumnValue {
        let value: DatabaseValue = row[index]
        let high = cell.high == nil ? nil : row[index + 1] as DatabaseValue
        index += cell.names.count
        switch (value.storage, cell.schema.type, high?.storage) {
        case (.null, _, _): return .null
        case (.int64(let number), .integer, _), (.int64(let number), .micros, _): return .integer(number)
        case (.int64(let low), .wideInteger, .int64(let high)), (.int64(let low), .wideMicros, .int64(let high)):
            return .number(WideNumber.value(high: high, low: low))
        case (.int64(let number), .timestamp, _): return .timestamp(Timestamp(microseconds: number))
        case (.string(let text), .text, _): return .text(text)
        default: throw unexpected(value, cell, row)
        }
    }

    func unexpected(_ value: DatabaseValue, _ cell: Cell, _ row: Row) -> ReadModelError {
        ReadModelError(
            .unreadableEvent,
            "'\(schema.projection.name)': column '\(cell.schema.name)' of row '\(row[0] as String)' holds \(value), which is not of its "
                + "type: it was changed by hand; rebuild with `replay \(schema.projection.name)`")
    }
}
