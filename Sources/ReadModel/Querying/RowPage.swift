/// Some rows of a view in key order, and where to go on.
public struct RowPage: Sendable {
    public let rows: [StoredRow]
    /// An opaque cursor for the rows after these; nil where there are none.
    public let next: String?

    public init(rows: [StoredRow], next: String?) {
        self.rows = rows
        self.next = next
    }
}
