import EventModel

/// Rows as JSON: the key first, then the columns in the schema's order, under the schema's names. Integers are numbers, micros are strings
/// (as protobuf's JSON has int64), both with all their digits, timestamps are RFC 3339 texts in UTC, an absent value is `null`.
public enum RowJSON {
    /// One row as an object.
    public static func text(_ row: StoredRow, _ schema: TableSchema) -> String {
        var text = ""
        write(row, schema, to: &text)
        return text
    }

    /// `{"rows":[…],"next":…}`.
    public static func text(_ page: RowPage, _ schema: TableSchema) -> String {
        var text = "{\"rows\":["
        for (index, row) in page.rows.enumerated() {
            if index > 0 { text += "," }
            write(row, schema, to: &text)
        }
        text += "],\"next\":"
        if let next = page.next { write(next, to: &text) } else { text += "null" }
        return text + "}"
    }

    private static func write(_ row: StoredRow, _ schema: TableSchema, to text: inout String) {
        text += "{"
        write(schema.key.name, to: &text)
        text += ":"
        write(row.key, to: &text)
        for (column, value) in zip(schema.columns, row.values) {
            text += ","
            write(column.name, to: &text)
            text += ":"
            switch value {
            case .null: text += "null"
            case .integer(let number): write(number, column, to: &text)
            case .wide(let number): write(number, column, to: &text)
            case .text(let value): write(value, to: &text)
            case .timestamp(let instant): text += "\"\(instant)\""
            }
        }
        text += "}"
    }

    private static func write(_ number: some FixedWidthInteger, _ column: ColumnSchema, to text: inout String) {
        let quote = column.type.isMicros ? "\"" : ""
        text += "\(quote)\(number)\(quote)"
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
