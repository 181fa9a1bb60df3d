public import EventModel

/// The read side of one question, as a pure fold: which row an event concerns, and what it changes there.
///
/// Being pure, it may be called for the same event any number of times; the engine makes each event take effect exactly once. It must
/// depend on its arguments alone.
///
/// ```swift
/// struct OrderSummary: Projection {
///     static let id = ProjectionID("order-summary", version: 1)
///     static let key = KeyColumn("orderId", .byStream)
///     func key(for event: Recorded<Event>) -> String? { … }
///     func evolve(_ row: inout Row?, by event: Recorded<Event>) { … }
/// }
/// ```
public protocol Projection<Event, Row>: Sendable {
    associatedtype Event: Sendable
    associatedtype Row: ReadModelRow

    static var id: ProjectionID { get }
    /// The key column's name, and how rows are spread over partitions.
    static var key: KeyColumn { get }

    /// The key of the row that the event concerns; nil if it concerns none.
    func key(for event: Recorded<Event>) -> String?

    /// Changes the row: nil where it does not exist yet, and to be nil where it shall not exist any more.
    func evolve(_ row: inout Row?, by event: Recorded<Event>)
}

/// A projection's name and the version of its fold. A higher version is rebuilt beside the old one and takes its place.
public struct ProjectionID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Kebab case: `order-summary`. The name of the view in the API; the view in SQL has `_` for `-`.
    public let name: String
    public let version: Int

    public init(_ name: String, version: Int) {
        self.name = name
        self.version = version
    }

    public var description: String { "\(name) v\(version)" }
}

/// The column that a projection's rows are keyed by.
public struct KeyColumn: Hashable, Sendable, Codable {
    /// How the rows of a projection relate to the log's partitions.
    public enum Spread: String, Hashable, Sendable, Codable {
        /// A key's events are all of one stream, and so in one partition: one row a key.
        case byStream
        /// A key's events come from several partitions. Each partition keeps a row of its own, which only its worker writes, and the
        /// view combines them by the columns' ``Reducer``s.
        case combined
    }

    /// The JSON name, camelCase: `orderId`.
    public let name: String
    public let spread: Spread

    public init(_ name: String, _ spread: Spread) {
        self.name = name
        self.spread = spread
    }
}
