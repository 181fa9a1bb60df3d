/// A projection's table as a database sees it.
public struct TableSchema: Hashable, Sendable, Codable {
    public let projection: ProjectionID
    public let key: KeyColumn
    public let columns: [ColumnSchema]

    public init(projection: ProjectionID, key: KeyColumn, columns: [ColumnSchema]) {
        self.projection = projection
        self.key = key
        self.columns = columns
    }

    public init<P: Projection>(_: P.Type) {
        self.init(projection: P.id, key: P.key, columns: P.Row.columns.map(\.schema))
    }
}

extension TableSchema {
    /// The view's name in SQL: `order_summary`.
    public var viewName: String { String(projection.name.map { $0 == "-" ? "_" : $0 }) }

    /// The name of a generation's table in SQL: `order_summary_g3`.
    public func tableName(generation: Int) -> String { "\(viewName)_g\(generation)" }

    /// A column's name in SQL: `total_micros` for `totalMicros`.
    public static func sqlName(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase {
                text += "_" + character.lowercased()
            } else {
                text.append(character)
            }
        }
    }

    /// Whether readers may see numbers beyond 64 bits in the column: it holds them, or is summed over partitions.
    public func isWide(_ column: ColumnSchema) -> Bool {
        column.type.isWide || (key.spread == .combined && column.reducer == .sum)
    }

    /// What would keep an engine from storing it; empty where nothing does.
    public var problems: [String] {
        var problems: [String] = []
        if !Self.isName(projection.name, separator: "-") {
            problems.append("the projection's name '\(projection.name)' is not kebab case: a-z, 0-9 and '-', beginning with a letter")
        }
        if projection.name.hasPrefix("highwater") {
            problems.append("the projection's name '\(projection.name)' begins with 'highwater', which is the engine's")
        }
        if let last = projection.name.split(separator: "-").last, last.first == "g", last.dropFirst().allSatisfy(\.isNumber), last.count > 1
        {
            problems.append("the projection's name '\(projection.name)' ends like that of a generation's table")
        }
        if projection.name.utf8.count > 40 { problems.append("the projection's name is longer than 40 characters") }
        var names: Set<String> = ["partition"]
        for name in [key.name] + columns.map(\.name) {
            if !Self.isName(name.lowercased(), separator: "_") {
                problems.append("the column name '\(name)' has other characters than a-z, A-Z and 0-9")
            }
            if !names.insert(Self.sqlName(name)).inserted { problems.append("two columns are called '\(name)', or it is reserved") }
        }
        for column in columns where key.spread == .combined && column.reducer == nil {
            problems.append("column '\(column.name)' of a combined projection has no reducer")
        }
        for column in columns where column.reducer == .sum && (column.type == .text || column.type == .timestamp) {
            problems.append("column '\(column.name)' is no number and cannot be summed")
        }
        for column in columns where key.spread == .combined && column.type.isWide && column.reducer != .sum {
            problems.append("column '\(column.name)' has 128 bits, and over partitions such columns are summed and nothing else")
        }
        return problems
    }

    private static func isName(_ name: String, separator: Character) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == separator) }
    }
}
