import EventLog
import EventModel
import ReadModel

/// The SQL of one generation's table. Every identifier is quoted and every value a parameter.
///
/// Times are microseconds since 1970 here, since `timestamptz` begins in 4714 BC and has infinities; the view shows `timestamptz`.
struct PostgresTable: Sendable {
    let schema: TableSchema
    /// With the engine's schema, quoted.
    let name: String
    let bareName: String
    private let engine: PostgresCatalog
    let key: String
    let columns: [String]
    private let indexColumns: [Int]

    init(_ generation: Generation, _ engine: PostgresCatalog) throws(PostgresError) {
        schema = generation.schema
        self.engine = engine
        bareName = schema.tableName(generation: generation.number)
        name = "\(engine.schema).\(try Identifier.quoted(bareName))"
        key = try Identifier.quoted(TableSchema.sqlName(schema.key.name))
        var columns: [String] = []
        for column in schema.columns { columns.append(try Identifier.quoted(TableSchema.sqlName(column.name))) }
        self.columns = columns
        // Of combined rows no index on single partitions' values would help.
        indexColumns =
            generation.schema.key.spread == .combined
            ? [] : generation.schema.columns.enumerated().filter(\.element.isFilter).map(\.offset)
    }

    private var isCombined: Bool { schema.key.spread == .combined }
    private var primaryKey: String { isCombined ? "\(key), \"partition\"" : key }
    /// Key and columns, then the partition.
    private var list: String { ([key] + columns).joined(separator: ", ") }
    private var fullList: String { "\(list), \"partition\"" }

    // MARK: Definition

    var create: String {
        let types = zip(columns, schema.columns).map { name, column in
            "\(name) \(Self.definition(of: column.type))\(column.isNullable ? "" : " NOT NULL")"
        }
        let lines = ["\(key) text COLLATE \"C\" NOT NULL"] + types + ["\"partition\" integer NOT NULL"]
        return "CREATE TABLE \(name) (\(lines.joined(separator: ", ")))"
    }

    private static func definition(of type: ColumnType) -> String {
        switch type {
        case .text: "text COLLATE \"C\""
        case .integer, .micros, .timestamp: "bigint"
        case .wideInteger, .wideMicros: "numeric(39,0)"
        }
    }

    func addPrimaryKey() throws(PostgresError) -> String {
        "ALTER TABLE \(name) ADD CONSTRAINT \(try Identifier.quoted("\(bareName)_key")) PRIMARY KEY (\(primaryKey))"
    }

    func dropPrimaryKey() throws(PostgresError) -> String {
        "ALTER TABLE \(name) DROP CONSTRAINT \(try Identifier.quoted("\(bareName)_key"))"
    }

    /// On the filters, each with the key, so that pages come in order.
    func createIndexes() throws(PostgresError) -> [String] {
        var statements: [String] = []
        for column in indexColumns {
            statements.append("CREATE INDEX IF NOT EXISTS \(try indexName(column)) ON \(name) (\(columns[column]), \(key))")
        }
        return statements
    }

    private func indexName(_ column: Int) throws(PostgresError) -> String { try Identifier.quoted("\(bareName)_f\(column + 1)") }

    /// How long a text an index surely can hold, in bytes: with its key no more than a third of a page, 2704 bytes.
    private static let longestIndexed = 1000

    /// In the place of the index that a text was too long for: one that leaves out long texts. Nil where the index is none on a text filter, or
    /// was replaced.
    func shortenIndex(_ index: String, definition: String) throws(PostgresError) -> [String]? {
        guard let column = indexColumns.first(where: { "\(bareName)_f\($0 + 1)" == index }), schema.columns[column].type == .text,
            !definition.contains(" WHERE ")
        else { return nil }
        let name = try indexName(column)
        return [
            "DROP INDEX IF EXISTS \(engine.schema).\(name)",
            """
            CREATE INDEX \(name) ON \(self.name) (\(columns[column]), \(key)) \
            WHERE octet_length(\(columns[column])) <= \(Self.longestIndexed)
            """,
        ]
    }

    // MARK: The view

    /// What the view with the plain name shows.
    var viewQuery: String {
        let shown = zip(columns, zip(schema.columns, combinedColumns)).map { name, column in
            column.0.type == .timestamp ? "\(Self.instant(column.1)) AS \(name)" : "\(column.1) AS \(name)"
        }
        return "SELECT \(([key] + shown).joined(separator: ", ")) FROM \(name)\(isCombined ? " GROUP BY \(key)" : "")"
    }

    /// Microseconds since 1970 as `timestamptz`, exact to the microsecond; NULL before the first that it holds, in 4714 BC.
    private static func instant(_ value: String) -> String {
        """
        CASE WHEN \(value) >= -210866803200000000 THEN (timestamp '1970-01-01' \
        + (\(value)) / 86400000000 * interval '1 day' + (\(value)) % 86400000000 * interval '1 microsecond') AT TIME ZONE 'UTC' END
        """
    }

    private var combinedColumns: [String] {
        zip(columns, schema.columns).map { name, column in
            guard isCombined else { return name }
            return switch column.reducer ?? .max {
            // Of type numeric, whatever is added up, and so without limit.
            case .sum: "sum(\(name))"
            case .min: "min(\(name))"
            case .max: "max(\(name))"
            }
        }
    }

    // MARK: Rows as partitions keep them

    /// Of one partition; none where the generation is gone.
    func select(_ keys: [String], _ partition: Partition, _ generation: Generation) -> Statement {
        Statement(
            """
            SELECT \(list) FROM \(name) WHERE \(key) = ANY ($1) AND "partition" = $2
              AND EXISTS (SELECT FROM \(engine.schema).generations WHERE projection = $3 AND number = $4)
            """, [.texts(keys), .integer(partition.rawValue)] + engine.key(generation))
    }

    /// The limit is part of the text, so that the planner knows that few rows are wanted.
    func selectPage(after last: PartitionRow?, limit: Int) -> Statement {
        let order = "ORDER BY \(primaryKey) LIMIT \(limit)"
        guard let last else { return Statement("SELECT \(fullList) FROM \(name) \(order)") }
        if isCombined {
            return Statement(
                "SELECT \(fullList) FROM \(name) WHERE (\(primaryKey)) > ($1, $2) \(order)",
                [.text(last.row.key), .integer(last.partition.rawValue)])
        }
        return Statement("SELECT \(fullList) FROM \(name) WHERE \(key) > $1 \(order)", [.text(last.row.key)])
    }

    func upsert(_ writes: [PartitionWrite]) -> Statement? {
        let rows = writes.flatMap(\.upserts)
        guard !rows.isEmpty else { return nil }
        var parameters: [Parameter] = [.texts(rows.lazy.map(\.key))]
        for (index, column) in schema.columns.enumerated() {
            switch column.type {
            case .text: parameters.append(.texts(orNull: rows.lazy.map { $0.values[index].text }))
            case .wideInteger, .wideMicros: parameters.append(.numerics(orNull: rows.lazy.map { $0.values[index].number }))
            case .integer, .micros, .timestamp: parameters.append(.bigints(orNull: rows.lazy.map { $0.values[index].bigint }))
            }
        }
        parameters.append(.integers(writes.flatMap { write in repeatElement(write.partition.rawValue, count: write.upserts.count) }))
        let types = ["text"] + schema.columns.map { $0.type == .text ? "text" : $0.type.isWide ? "numeric" : "bigint" } + ["integer"]
        let arrays = types.enumerated().map { "$\($0.offset + 1)::\($0.element)[]" }.joined(separator: ", ")
        var sets = columns.map { "\($0) = excluded.\($0)" }
        if !isCombined {
            sets.append(
                """
                "partition" = CASE WHEN t."partition" = excluded."partition" THEN t."partition" \
                ELSE \(engine.schema).kept_elsewhere(excluded.\(key)) END
                """)
        }
        return Statement(
            """
            INSERT INTO \(name) AS t (\(fullList)) SELECT * FROM unnest(\(arrays))
            ON CONFLICT (\(primaryKey)) DO \(sets.isEmpty ? "NOTHING" : "UPDATE SET \(sets.joined(separator: ", "))")
            """, parameters)
    }

    func delete(_ writes: [PartitionWrite]) -> Statement? {
        // No row has a key with NUL.
        let keys = writes.flatMap { write in write.deletes.lazy.filter { !$0.hasNUL }.map { ($0, write.partition.rawValue) } }
        guard !keys.isEmpty else { return nil }
        return Statement(
            """
            DELETE FROM \(name) t USING unnest($1::text[], $2::integer[]) d (key, partition)
            WHERE t.\(key) = d.key AND t."partition" = d.partition
            """, [.texts(keys.lazy.map(\.0)), .integers(keys.lazy.map(\.1))])
    }

    // MARK: Loading

    /// - Parameter frozen: for a table that was truncated in the same transaction: its rows need no visit by VACUUM afterwards.
    func copy(frozen: Bool) -> String { "COPY \(name) (\(fullList)) FROM STDIN (FORMAT binary\(frozen ? ", FREEZE" : ""))" }

    func append(_ row: PartitionRow, to buffer: inout BinaryBuffer) {
        buffer.append(Int16(columns.count + 2))
        buffer.appendField(row.row.key)
        for (value, column) in zip(row.row.values, schema.columns) {
            switch value {
            case .null: buffer.appendNull()
            case .integer(let number) where column.type.isWide: buffer.appendField(numeric: Int128(number))
            case .integer(let number): buffer.appendField(number)
            case .wide(let number): buffer.appendField(numeric: number)
            case .text(let text): buffer.appendField(text)
            case .timestamp(let instant): buffer.appendField(instant.microseconds)
            }
        }
        buffer.appendField(row.partition.rawValue)
    }

    // MARK: Rows as readers see them

    func selectOne(_ key: String) -> Statement? {
        guard !key.hasNUL else { return nil }
        return Statement(
            """
            SELECT \(([self.key] + combinedColumns).joined(separator: ", ")) FROM \(name) \
            WHERE \(self.key) = $1\(isCombined ? " GROUP BY \(self.key)" : "")
            """, [.text(key)])
    }

    /// Nil where no row can match.
    func select(_ query: RowQuery) -> Statement? {
        var parameters: [Parameter] = []
        var whole: [String] = []
        if let after = query.after {
            guard !after.hasNUL else { return nil }
            parameters.append(.text(after))
            whole.append("\(key) > $1")
        }
        var filters: [String] = []
        for (filter, value) in query.filters.sorted(by: { $0.key < $1.key }) {
            guard let index = schema.columns.firstIndex(where: { $0.name == filter }) else { return nil }
            let column = combinedColumns[index]
            switch value {
            case .null:
                filters.append("\(column) IS NULL")
                continue
            case .text(let text):
                guard !text.hasNUL, schema.columns[index].type == .text else { return nil }
                parameters.append(.text(text))
                // Nothing new, but an index that leaves out long texts serves only who says so.
                if !isCombined, text.utf8.count <= Self.longestIndexed {
                    filters.append("octet_length(\(column)) <= \(Self.longestIndexed)")
                }
            case .integer, .wide, .timestamp:
                guard let parameter = parameter(value, of: schema.columns[index]) else { return nil }
                parameters.append(parameter)
            }
            filters.append("\(column) = $\(parameters.count)")
        }
        if !isCombined { whole += filters }
        var sql = "SELECT \(([key] + combinedColumns).joined(separator: ", ")) FROM \(name)"
        if !whole.isEmpty { sql += " WHERE " + whole.joined(separator: " AND ") }
        if isCombined {
            sql += " GROUP BY \(key)"
            if !filters.isEmpty { sql += " HAVING " + filters.joined(separator: " AND ") }
        }
        parameters.append(.bigint(Int64(query.limit)))
        return Statement(sql + " ORDER BY \(key) LIMIT $\(parameters.count)", parameters)
    }

    /// A number to compare a column with, as readers see it; nil where it cannot be equal.
    private func parameter(_ value: ColumnValue, of column: ColumnSchema) -> Parameter? {
        if schema.isWide(column) { return value.number.map { .numeric($0) } }
        return column.type == .text ? nil : value.bigint.map { .bigint($0) }
    }

    // MARK: Values

    /// The rows of a result whose first columns are the key and the schema's, as partitions keep them.
    func stored(_ result: ResultSet, hasPartition: Bool = false) throws -> [StoredRow] {
        try rows(of: result, types: schema.columns.map { Self.type($0, isWide: $0.type.isWide) }, hasPartition: hasPartition)
    }

    /// The same as readers see them, where sums over partitions are of type numeric.
    func shown(_ result: ResultSet) throws -> [StoredRow] {
        try rows(of: result, types: schema.columns.map { Self.type($0, isWide: schema.isWide($0)) }, hasPartition: false)
    }

    private static func type(_ column: ColumnSchema, isWide: Bool) -> PostgresType {
        column.type == .text ? .text : isWide ? .numeric : .bigint
    }

    private func rows(of result: ResultSet, types: [PostgresType], hasPartition: Bool) throws -> [StoredRow] {
        try result.requireTypes([.text] + types + (hasPartition ? [.integer] : []))
        return try (0..<result.count).map { row in
            StoredRow(
                key: result.text(row, 0),
                values: try zip(types, schema.columns).enumerated().map { index, column in
                    if result.isNull(row, index + 1) { return .null }
                    switch column.0 {
                    case .text: return .text(result.text(row, index + 1))
                    case .numeric:
                        guard let number = result.wholeNumber(row, index + 1) else { throw RowReduction.overflow(column.1.name, schema) }
                        return .number(number)
                    default:
                        let number = result.number(row, index + 1)
                        return column.1.type == .timestamp ? .timestamp(Timestamp(microseconds: number)) : .integer(number)
                    }
                })
        }
    }

    func partitionRows(_ result: ResultSet) throws -> [PartitionRow] {
        try stored(result, hasPartition: true).enumerated().map { index, row in
            PartitionRow(partition: Partition(Int32(result.number(index, columns.count + 1))), row: row)
        }
    }
}

extension ColumnValue {
    fileprivate var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// Nil where the column is none of 64 bits.
    fileprivate var bigint: Int64? {
        switch self {
        case .integer(let number): number
        case .timestamp(let instant): instant.microseconds
        default: nil
        }
    }
}
