import EventModel
import GRDB
import ReadModel

/// Rows as readers see them: of combined tables, what the partitions' rows come to.
extension SQLiteTable {
    /// A column of the schema as readers get it.
    private enum Shown {
        /// As it is kept, by these expressions.
        case kept([String])
        case sum(WideSum)

        var expressions: [String] {
            switch self {
            case .kept(let expressions): expressions
            case .sum(let sum): sum.expressions
            }
        }
    }

    private func isSum(_ cell: Cell) -> Bool { isCombined && cell.schema.reducer == .sum }

    private func shown(_ cell: Cell) -> Shown {
        guard isCombined else { return .kept(cell.names) }
        return switch cell.schema.reducer ?? .max {
        case .sum: .sum(WideSum(cell.name, high: cell.high))
        case .min: .kept(["MIN(\(cell.name))"])
        case .max: .kept(["MAX(\(cell.name))"])
        }
    }

    // MARK: Queries

    private var selectShown: String {
        "SELECT \(([key] + cells.flatMap { shown($0).expressions }).joined(separator: ", ")) FROM \(name)"
    }

    var selectCombinedOne: String { "\(selectShown) WHERE \(key) = ?\(isCombined ? " GROUP BY \(key)" : "")" }

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
            guard let cell = cells.first(where: { $0.schema.name == filter }), let (condition, values) = condition(cell, value) else {
                return nil
            }
            filters.append(condition)
            arguments += values
        }
        if !isCombined { whole += filters }
        var sql = selectShown
        if !whole.isEmpty { sql += " WHERE " + whole.joined(separator: " AND ") }
        if isCombined {
            sql += " GROUP BY \(key)"
            if !filters.isEmpty { sql += " HAVING " + filters.joined(separator: " AND ") }
        }
        arguments.append(query.limit.databaseValue)
        return (sql + " ORDER BY \(key) LIMIT ?", StatementArguments(arguments))
    }

    /// That a column has the value, as readers see it. Nil where none can.
    private func condition(_ cell: Cell, _ value: ColumnValue) -> (sql: String, arguments: [DatabaseValue])? {
        let expressions = shown(cell).expressions
        switch value {
        case .null: return ("\(expressions[0]) IS NULL", [])
        case .text(let text): return text.hasNUL ? nil : ("\(expressions[0]) IS ?", [text.databaseValue])
        case .timestamp(let instant): return ("\(expressions[0]) IS ?", [instant.microseconds.databaseValue])
        case .integer, .wide:
            guard let number = value.number else { return nil }
            if case .sum(let sum) = shown(cell) {
                return sum.equals(number).map { ("(\($0.condition))", $0.parameters.map(\.databaseValue)) }
            }
            guard let parts = WideNumber(number), cell.high != nil || parts.high == 0 else { return nil }
            let values = [parts.low, parts.high].prefix(expressions.count)
            return (expressions.map { "\($0) IS ?" }.joined(separator: " AND "), values.map(\.databaseValue))
        }
    }

    /// The row from a result of the queries above.
    ///
    /// - Throws: as ``stored(_:)``.
    func shown(_ row: Row) throws -> StoredRow {
        var index = 1
        return StoredRow(
            key: row[0],
            values: try cells.map { cell in
                guard isSum(cell) else { return try kept(cell, row, &index) }
                let (units, thousands, ones): (DatabaseValue, DatabaseValue, DatabaseValue) = (row[index], row[index + 1], row[index + 2])
                index += 3
                switch (units.storage, thousands.storage, ones.storage) {
                case (.int64(let units), .int64(let thousands), .int64(let ones)): return .number(WideSum.value(units, thousands, ones))
                case (_, _, .null): return .null
                default: throw unexpected(ones, cell, row)
                }
            })
    }

    // MARK: The view

    /// Points the view with the plain name at this table.
    func createView(_ db: Database) throws {
        let view = Self.quoted(schema.viewName)
        try db.execute(sql: "DROP VIEW IF EXISTS \(view)")
        try db.execute(sql: "CREATE VIEW \(view) AS \(isCombined ? combinedQuery : "SELECT \(readableList(\.name)) FROM \(name)")")
    }

    /// Key and columns as people read them, from the columns that `source` names.
    private func readableList(_ source: (Cell) -> String) -> String {
        let columns = cells.map { cell in
            let column = source(cell)
            if let high = cell.high { return "\(WideSum.readable(column: column, high: high)) AS \(cell.name)" }
            return cell.schema.type == .timestamp ? "\(Self.readableTime(column)) AS \(cell.name)" : column
        }
        return ([key] + columns).joined(separator: ", ")
    }

    /// Adds up the partitions' rows, carries the sums' parts over, and writes them as numbers.
    private var combinedQuery: String {
        func part(_ cell: Cell, _ name: String) -> String { Self.quoted("\(cell.name.dropFirst().dropLast()) \(name)") }
        var (added, carried, readable) = ([key], [key], [key])
        for cell in cells {
            guard case .sum(let sum) = shown(cell) else {
                added.append("\(shown(cell).expressions[0]) AS \(cell.name)")
                carried.append(cell.name)
                readable.append(cell.schema.type == .timestamp ? "\(Self.readableTime(cell.name)) AS \(cell.name)" : cell.name)
                continue
            }
            let names = ["units", "thousands", "ones"].map { part(cell, $0) }
            added += zip(sum.expressions, names).map { "\($0) AS \($1)" }
            let (units, rest) = WideSum.carried(units: names[0], thousands: names[1], ones: names[2])
            carried += ["\(units) AS \(part(cell, "units"))", "\(rest) AS \(part(cell, "rest"))"]
            readable.append("\(WideSum.readable(units: part(cell, "units"), rest: part(cell, "rest"))) AS \(cell.name)")
        }
        func list(_ columns: [String]) -> String { columns.joined(separator: ", ") }
        return """
            SELECT \(list(readable)) FROM (SELECT \(list(carried)) FROM (SELECT \(list(added)) FROM \(name) GROUP BY \(key)))
            """
    }

    /// Microseconds since 1970 as RFC 3339, rounded down also before 1970.
    private static func readableTime(_ value: String) -> String {
        let seconds = "((\(value)) - (((\(value)) % 1000000) + 1000000) % 1000000) / 1000000"
        return "strftime('%Y-%m-%dT%H:%M:%S', \(seconds), 'unixepoch') || printf('.%06dZ', (((\(value)) % 1000000) + 1000000) % 1000000)"
    }
}
