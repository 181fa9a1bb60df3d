/// How the rows that several partitions keep under one key become the row that readers see; what a database's view does in SQL.
public enum RowReduction {
    /// Nil where there are none.
    ///
    /// - Throws: `unsupportedValue` where a sum is beyond 128 bits.
    public static func combine(_ rows: [StoredRow], _ schema: TableSchema) throws(ReadModelError) -> StoredRow? {
        guard let first = rows.first, schema.key.spread == .combined else { return rows.first }
        var values: [ColumnValue] = []
        for (index, column) in schema.columns.enumerated() {
            var value = first.values[index]
            for row in rows.dropFirst() {
                value = try combine(value, row.values[index], column, schema)
            }
            values.append(value)
        }
        return StoredRow(key: first.key, values: values)
    }

    private static func combine(
        _ a: ColumnValue, _ b: ColumnValue, _ column: ColumnSchema, _ schema: TableSchema
    ) throws(ReadModelError) -> ColumnValue {
        if a == .null { return b }
        if b == .null { return a }
        switch column.reducer ?? .max {
        case .sum:
            guard let first = a.number, let second = b.number else { return a }
            let (sum, overflow) = first.addingReportingOverflow(second)
            guard !overflow else { throw Self.overflow(column.name, schema) }
            return .number(sum)
        case .min: return precedes(b, a) ? b : a
        case .max: return precedes(a, b) ? b : a
        }
    }

    /// The error for a sum that the store cannot hold.
    public static func overflow(_ column: String, _ schema: TableSchema) -> ReadModelError {
        ReadModelError(
            .unsupportedValue, "'\(schema.projection.name)': the sum of '\(column)' over the partitions is beyond what can be held")
    }

    private static func precedes(_ a: ColumnValue, _ b: ColumnValue) -> Bool {
        switch (a, b) {
        case (.integer(let a), .integer(let b)): a < b
        case (.wide(let a), .wide(let b)): a < b
        case (.timestamp(let a), .timestamp(let b)): a < b
        case (.text(let a), .text(let b)): a.precedesByBytes(b)
        default: false
        }
    }
}
