/// Which rows of a view to answer with.
public struct RowQuery: Hashable, Sendable {
    public static let limits = 1...1000

    /// Columns that the projection declares as filters, and the value that each must have.
    public var filters: [String: ColumnValue]
    /// Only keys after this one.
    public var after: String?
    public var limit: Int

    public init(filters: [String: ColumnValue] = [:], after: String? = nil, limit: Int = 100) {
        self.filters = filters
        self.after = after
        self.limit = limit
    }
}
