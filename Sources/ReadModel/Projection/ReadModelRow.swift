/// A projection's row, without its key: a value with a list of its columns.
///
/// ```swift
/// struct Row: ReadModelRow {
///     var status = ""
///     var totalMicros: Int64 = 0
///     static let columns: [Column<Row>] = [
///         .text("status", \.status, filter: true),
///         .micros("totalMicros", \.totalMicros),
///     ]
/// }
/// ```
public protocol ReadModelRow: Sendable, Equatable {
    /// Stored under these names, in this order. A change is a new projection version.
    static var columns: [Column<Self>] { get }

    /// The row that the columns are set on when it is loaded.
    init()
}
