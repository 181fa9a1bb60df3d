/// A projection's table as a database sees it.
public struct TableSchema: Hashable, Sendable {
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

/// One row in no database's terms: its key, and its values in the order of the schema's columns.
public struct StoredRow: Hashable, Sendable {
    public let key: String
    public let values: [ColumnValue]

    public init(key: String, values: [ColumnValue]) {
        self.key = key
        self.values = values
    }
}
