import EventLog
import HTTPEdge
import ReadModel
import Synchronization

/// Read models that remember what they were asked, and answer as they are told.
final class StubViews: ViewQueries {
    struct Call: Equatable {
        var projection: String
        var key: String?
        var filters: [String: String] = [:]
        var limit: String?
        var after: String?
        var positions: [String]
        var timeout: Duration
    }

    static let schema = TableSchema(
        projection: ProjectionID("account-list", version: 1), key: KeyColumn("accountId", .byStream),
        columns: [
            ColumnSchema(name: "owner", type: .text, isNullable: false, isFilter: true),
            ColumnSchema(name: "nickname", type: .text, isNullable: true),
            ColumnSchema(name: "deposits", type: .integer, isNullable: false),
            ColumnSchema(name: "balanceMicros", type: .micros, isNullable: false),
            ColumnSchema(name: "openedAt", type: .timestamp, isNullable: true),
        ])

    let schemas: [TableSchema]
    private let calls = Mutex<[Call]>([])
    private let respond: @Sendable (Call) throws -> ViewAnswer

    init(
        schemas: [TableSchema] = [StubViews.schema],
        _ respond: @escaping @Sendable (Call) throws -> ViewAnswer = { call in
            ViewAnswer(json: call.key == nil ? #"{"rows":[],"next":null}"# : #"{"accountId":"1"}"#, position: "banking/0@7, banking/3@9")
        }
    ) {
        self.schemas = schemas
        self.respond = respond
    }

    var lastCall: Call? { calls.withLock { $0.last } }

    func row(of projection: String, key: String, waitFor positions: [LogPosition], timeout: Duration) async throws -> ViewAnswer {
        try answer(Call(projection: projection, key: key, positions: positions.map(\.description), timeout: timeout))
    }

    func rows(
        of projection: String, filters: [String: String], limit: String?, after: String?, waitFor positions: [LogPosition],
        timeout: Duration
    ) async throws -> ViewAnswer {
        try answer(
            Call(
                projection: projection, filters: filters, limit: limit, after: after, positions: positions.map(\.description),
                timeout: timeout))
    }

    private func answer(_ call: Call) throws -> ViewAnswer {
        calls.withLock { $0.append(call) }
        return try respond(call)
    }
}
