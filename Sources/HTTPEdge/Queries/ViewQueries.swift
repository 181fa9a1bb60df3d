public import EventLog
public import ReadModel

/// What the edge asks of the read models.
public protocol ViewQueries: Sendable {
    /// The views, one per projection.
    var schemas: [TableSchema] { get }

    /// One row, from a read model that has applied those of `positions` that are of its topic.
    ///
    /// - Throws: ``InvalidViewQuery`` or ReadModel's `InvalidQuery` for a position that the projection can never have applied;
    ///   `ReadModelError`, `behind` after `timeout`.
    func row(of projection: String, key: String, waitFor positions: [LogPosition], timeout: Duration) async throws -> ViewAnswer

    /// Rows in key order as `{ "rows": [ … ], "next": … }`.
    ///
    /// - Parameters:
    ///   - filters, limit, after: texts as they came, for the read side to validate.
    /// - Throws: as ``row(of:key:waitFor:timeout:)``; also for parameters that the projection does not take.
    func rows(
        of projection: String, filters: [String: String], limit: String?, after: String?, waitFor positions: [LogPosition],
        timeout: Duration
    ) async throws -> ViewAnswer
}

/// A read model's answer, and how far it had come.
public struct ViewAnswer: Sendable {
    /// Nil where there is no such row.
    public let json: String?
    /// As the `Highwater-Position` header has it: `ordering/0@12, ordering/7@12345`; empty where nothing is applied.
    public let position: String

    public init(json: String?, position: String) {
        self.json = json
        self.position = position
    }
}

/// A parameter of a query that the read side does not take.
public struct InvalidViewQuery: Error, Hashable, CustomStringConvertible {
    public let parameter: String
    public let reason: String

    public init(parameter: String, reason: String) {
        self.parameter = parameter
        self.reason = reason
    }

    public var description: String { "\(parameter): \(reason)" }
}

/// Of an instance that serves no views.
public struct NoViews: ViewQueries {
    public init() {}

    public var schemas: [TableSchema] { [] }

    public func row(of projection: String, key: String, waitFor positions: [LogPosition], timeout: Duration) async throws -> ViewAnswer {
        throw ReadModelError(.unknownProjection, "there is no view '\(projection)'")
    }

    public func rows(
        of projection: String, filters: [String: String], limit: String?, after: String?, waitFor positions: [LogPosition],
        timeout: Duration
    ) async throws -> ViewAnswer {
        throw ReadModelError(.unknownProjection, "there is no view '\(projection)'")
    }
}
