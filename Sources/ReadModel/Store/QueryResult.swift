/// An answer, and the positions of the snapshot that it was read from.
public struct QueryResult<Value: Sendable>: Sendable {
    public let value: Value
    public let schema: TableSchema
    public let positions: AppliedPositions

    public init(value: Value, schema: TableSchema, positions: AppliedPositions) {
        self.value = value
        self.schema = schema
        self.positions = positions
    }

    public func map<Other>(_ transform: (Value) throws -> Other) rethrows -> QueryResult<Other> {
        QueryResult<Other>(value: try transform(value), schema: schema, positions: positions)
    }
}
