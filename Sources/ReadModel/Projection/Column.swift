public import EventModel

/// One column of a ``ReadModelRow``: its name and type in database and JSON, and where the row keeps it.
public struct Column<Row>: Sendable {
    public let schema: ColumnSchema
    @usableFromInline let get: @Sendable (Row) -> ColumnValue
    @usableFromInline let set: @Sendable (inout Row, ColumnValue) throws(UnexpectedColumnValue) -> Void

    /// The row's value in this column.
    public func read(_ row: Row) -> ColumnValue { get(row) }

    /// Sets the row's value in this column.
    public func write(_ value: ColumnValue, to row: inout Row) throws(UnexpectedColumnValue) { try set(&row, value) }
}

extension Column {
    /// Any Unicode text but NUL, which PostgreSQL cannot hold.
    public static func text(
        _ name: String, _ path: any WritableKeyPath<Row, String> & Sendable, filter: Bool = false, reduce: Reducer? = nil
    ) -> Self {
        Self(
            schema: ColumnSchema(name: name, type: .text, isNullable: false, isFilter: filter, reducer: reduce),
            get: reader(path) { .text($0) },
            set: { (row, value) throws(UnexpectedColumnValue) in row[keyPath: path] = try value.text(name) })
    }

    /// A text that may be absent.
    public static func text(
        _ name: String, _ path: any WritableKeyPath<Row, String?> & Sendable, filter: Bool = false, reduce: Reducer? = nil
    ) -> Self {
        Self(
            schema: ColumnSchema(name: name, type: .text, isNullable: true, isFilter: filter, reducer: reduce),
            get: reader(path) { $0.map { .text($0) } ?? .null },
            set: { (row, value) throws(UnexpectedColumnValue) in row[keyPath: path] = value == .null ? nil : try value.text(name) })
    }

    /// A 64-bit number; a JSON number.
    public static func integer(
        _ name: String, _ path: any WritableKeyPath<Row, Int64> & Sendable, filter: Bool = false, reduce: Reducer? = nil
    ) -> Self {
        integer(name, path, type: .integer, filter: filter, reduce: reduce)
    }

    /// A number of 128 bits, for sums that must be exact whatever is added to them; a JSON number.
    public static func integer(
        _ name: String, _ path: any WritableKeyPath<Row, Int128> & Sendable, filter: Bool = false, reduce: Reducer? = nil
    ) -> Self {
        integer(name, path, type: .wideInteger, filter: filter, reduce: reduce)
    }

    /// Money in millionths of the currency's unit; a JSON string, as protobuf has int64.
    public static func micros(
        _ name: String, _ path: any WritableKeyPath<Row, Int64> & Sendable, reduce: Reducer? = nil
    ) -> Self {
        integer(name, path, type: .micros, filter: false, reduce: reduce)
    }

    /// Money in millionths of the currency's unit, of 128 bits, for sums that must be exact whatever is added to them; a JSON string.
    public static func micros(
        _ name: String, _ path: any WritableKeyPath<Row, Int128> & Sendable, reduce: Reducer? = nil
    ) -> Self {
        integer(name, path, type: .wideMicros, filter: false, reduce: reduce)
    }

    private static func integer(
        _ name: String, _ path: any WritableKeyPath<Row, Int128> & Sendable, type: ColumnType, filter: Bool, reduce: Reducer?
    ) -> Self {
        Self(
            schema: ColumnSchema(name: name, type: type, isNullable: false, isFilter: filter, reducer: reduce),
            get: reader(path) { .number($0) },
            set: { (row, value) throws(UnexpectedColumnValue) in row[keyPath: path] = try value.wideInteger(name) })
    }

    private static func integer(
        _ name: String, _ path: any WritableKeyPath<Row, Int64> & Sendable, type: ColumnType, filter: Bool, reduce: Reducer?
    ) -> Self {
        Self(
            schema: ColumnSchema(name: name, type: type, isNullable: false, isFilter: filter, reducer: reduce),
            get: reader(path) { .integer($0) },
            set: { (row, value) throws(UnexpectedColumnValue) in row[keyPath: path] = try value.integer(name) })
    }

    /// An instant that may be absent; RFC 3339 in JSON.
    public static func timestamp(
        _ name: String, _ path: any WritableKeyPath<Row, Timestamp?> & Sendable, reduce: Reducer? = nil
    ) -> Self {
        Self(
            schema: ColumnSchema(name: name, type: .timestamp, isNullable: true, isFilter: false, reducer: reduce),
            get: reader(path) { $0.map { .timestamp($0) } ?? .null },
            set: { (row, value) throws(UnexpectedColumnValue) in row[keyPath: path] = value == .null ? nil : try value.timestamp(name) })
    }

    /// Reads what the path leads to: a stored property from its place in the row, which costs a fraction of following the path.
    private static func reader<Value>(
        _ path: any KeyPath<Row, Value> & Sendable, _ wrap: @escaping @Sendable (Value) -> ColumnValue
    ) -> @Sendable (Row) -> ColumnValue {
        guard let offset = MemoryLayout<Row>.offset(of: path) else { return { wrap($0[keyPath: path]) } }
        return { row in withUnsafeBytes(of: row) { wrap($0.load(fromByteOffset: offset, as: Value.self)) } }
    }
}

/// What a database has to know of a column.
public struct ColumnSchema: Hashable, Sendable, Codable {
    /// The JSON name, camelCase.
    public let name: String
    public let type: ColumnType
    public let isNullable: Bool
    /// Whether queries may filter by it.
    public let isFilter: Bool
    /// How the rows of several partitions are combined; every column of a combined projection has one.
    public let reducer: Reducer?

    public init(name: String, type: ColumnType, isNullable: Bool, isFilter: Bool = false, reducer: Reducer? = nil) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.isFilter = isFilter
        self.reducer = reducer
    }
}

public enum ColumnType: String, Hashable, Sendable, Codable {
    case text, integer, micros, timestamp
    case wideInteger = "integer128"
    case wideMicros = "micros128"

    /// Whether its numbers have 128 bits.
    public var isWide: Bool { self == .wideInteger || self == .wideMicros }

    /// Whether it is an amount of money, and so a string in JSON.
    public var isMicros: Bool { self == .micros || self == .wideMicros }
}

/// How a view combines a column over partitions. Absent values do not count.
///
/// A sum over partitions is exact, whatever the column's own width: it is added up in 128 bits.
public enum Reducer: String, Hashable, Sendable, Codable {
    case sum, min, max
}
