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
