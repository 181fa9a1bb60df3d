/// Every setting with its type, default, meaning, current value and where that came from. Holds no secret.
public struct SettingsTable: Hashable, Sendable, CustomStringConvertible {
    public struct Row: Hashable, Sendable {
        /// The environment variable.
        public let key: String
        public let type: String
        public let defaultValue: String
        public let meaning: String
        /// Secrets masked.
        public let value: String
        public let source: SettingSource
    }

    public let rows: [Row]

    /// Aligned columns: key, value, source, default, type, meaning.
    public var description: String {
        let lines =
            [["KEY", "VALUE", "SOURCE", "DEFAULT", "TYPE", "MEANING"]]
            + rows.map { [$0.key, $0.value, $0.source.description, $0.defaultValue, $0.type, $0.meaning] }
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.indices.map { column in
                column == line.count - 1 ? line[column] : line[column] + String(repeating: " ", count: widths[column] - line[column].count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// An array of objects with the members `key`, `value`, `source`, `default`, `type`, `meaning`.
    public var json: String {
        var buffer = JSONBuffer()
        buffer.beginArray()
        for row in rows {
            buffer.beginObject()
            buffer.member("key", row.key)
            buffer.member("value", row.value)
            buffer.member("source", row.source.description)
            buffer.member("default", row.defaultValue)
            buffer.member("type", row.type)
            buffer.member("meaning", row.meaning)
            buffer.endObject()
        }
        buffer.endArray()
        return buffer.text
    }
}
