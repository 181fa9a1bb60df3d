public import EventLog

/// Questions to one store's live read models, as HTTP asks them: validated, and if wished not before they have reached a position. A
/// position of another topic than the projection's holds nothing up: none of its records changes a row.
///
/// An answer has its deadline, whatever the store does: what its caller waits for a position, and ``answering`` beyond.
///
/// - Throws: ``InvalidQuery`` for the caller's mistakes; ``ReadModelError`` `unknownProjection`, `unavailable` where it has not been built
///   yet, `behind` where a position was not reached in time, or the store's faults.
public struct ReadModelQueries: Sendable {
    private let projections: [String: TableSchema]
    private let store: any ReadModelStore
    private let signal: AppliedSignal
    private let environment: EngineEnvironment
    /// How long the store may take for an answer, beyond what its caller waits for a position.
    private let answering: Duration

    /// - Parameter signal: that of the process's runners of the same store; a fresh one where there are none.
    public init(
        _ projections: [RegisteredProjection], store: any ReadModelStore, signal: AppliedSignal, answering: Duration = .seconds(2),
        environment: EngineEnvironment = .system
    ) {
        self.answering = answering
        self.projections = Dictionary(projections.map { ($0.id.name, $0.schema) }, uniquingKeysWith: { first, _ in first })
        self.store = store
        self.signal = signal
        self.environment = environment
    }

    /// Of every projection that can be asked, by name.
    public var schemas: [TableSchema] { projections.values.sorted { $0.projection.name < $1.projection.name } }

    /// The row with this key.
    public func row(
        of projection: String, key: String, waitFor needs: [LogPosition] = [], timeout: Duration = .seconds(2)
    ) async throws -> QueryResult<StoredRow?> {
        _ = try schema(of: projection)
        return try await waiting(for: needs, in: projection, timeout) {
            let result = try await store.row(of: projection, key: key)
            return (result, result.positions)
        }
    }

    /// A page of rows.
    ///
    /// - Parameters:
    ///   - filters: columns and the value that each must have, as texts from a URL.
    ///   - limit: 1 to 1000, as text; 100 if absent.
    ///   - cursor: ``RowPage/next`` of the page before.
    public func rows(
        of projection: String, filters: [String: String] = [:], limit: String? = nil, after cursor: String? = nil,
        waitFor needs: [LogPosition] = [], timeout: Duration = .seconds(2)
    ) async throws -> QueryResult<RowPage> {
        var query = try Self.query(try schema(of: projection), filters: filters, limit: limit, after: cursor)
        let limit = query.limit
        query.limit += 1  // one more tells whether there is a next page
        let result = try await waiting(for: needs, in: projection, timeout) { [query] in
            let result = try await store.rows(of: projection, matching: query)
            return (result, result.positions)
        }
        return result.map { rows in
            RowPage(rows: Array(rows.prefix(limit)), next: rows.count > limit ? RowCursor.encode(rows[limit - 1].key) : nil)
        }
    }

    /// How far the live read model is.
    public func positions(
        of projection: String, waitFor needs: [LogPosition] = [], timeout: Duration = .seconds(2)
    ) async throws -> AppliedPositions {
        _ = try schema(of: projection)
        return try await waiting(for: needs, in: projection, timeout) {
            let positions = try await store.livePositions(of: projection)
            return (positions, positions)
        }
    }

    /// Whether the projection can be asked: a generation of it is live.
    public func isBuilt(_ projection: String) async throws -> Bool {
        do {
            _ = try await store.livePositions(of: projection)
            return true
        } catch let error as ReadModelError where error.code == .unknownProjection {
            return false
        }
    }

    private func schema(of projection: String) throws -> TableSchema {
        guard let schema = projections[projection] else {
            throw ReadModelError(.unknownProjection, "there is no projection '\(projection)'")
        }
        return schema
    }

    private static func query(
        _ schema: TableSchema, filters: [String: String], limit: String?, after cursor: String?
    ) throws(InvalidQuery) -> RowQuery {
        var query = RowQuery()
        for (name, text) in filters {
            guard let column = schema.columns.first(where: { $0.name == name }), column.isFilter else {
                let names = schema.columns.filter(\.isFilter).map(\.name)
                throw InvalidQuery(
                    parameter: name,
                    reason: names.isEmpty
                        ? "'\(schema.projection.name)' has no filters"
                        : "is no filter of '\(schema.projection.name)'; those are \(names.joined(separator: ", "))")
            }
            query.filters[name] = try value(text, of: column, in: schema)
        }
        if let limit {
            guard limit.utf8.first != UInt8(ascii: "+"), let number = Int(limit), RowQuery.limits.contains(number) else {
                throw InvalidQuery(
                    parameter: "limit", reason: "must be a number from \(RowQuery.limits.lowerBound) to \(RowQuery.limits.upperBound)")
            }
            query.limit = number
        }
        if let cursor {
            guard let key = RowCursor.decode(cursor) else {
                throw InvalidQuery(parameter: "after", reason: "is no cursor that a page of rows has given as 'next'")
            }
            query.after = key
        }
        return query
    }

    private static func value(_ text: String, of column: ColumnSchema, in schema: TableSchema) throws(InvalidQuery) -> ColumnValue {
        switch column.type {
        case .text: return .text(text)
        case .integer, .micros, .wideInteger, .wideMicros:
            // Swift's own parsing would admit a plus sign.
            let digits = text.utf8.first == UInt8(ascii: "+") ? "" : text
            guard !schema.isWide(column) else {
                guard let number = Int128(digits) else { throw InvalidQuery(parameter: column.name, reason: "must be a 128-bit integer") }
                return .number(number)
            }
            guard let number = Int64(digits) else { throw InvalidQuery(parameter: column.name, reason: "must be a 64-bit integer") }
            return .integer(number)
        case .timestamp: throw InvalidQuery(parameter: column.name, reason: "times cannot be filtered by")
        }
    }

    // MARK: Waiting

    /// Reads until the answer's own positions satisfy those `needs` that are of the projection's topic: at each word from this process's
    /// runners, and now and then for others'. Other topics' records say nothing about its rows.
    private func waiting<Answer: Sendable>(
        for all: [LogPosition], in projection: String, _ timeout: Duration,
        _ read: @escaping @Sendable () async throws -> (Answer, AppliedPositions)
    ) async throws -> Answer {
        let elapsed = environment.stopwatch()
        let (answer, positions): (Answer, AppliedPositions)
        do {
            guard let first = try await inTime(timeout + answering, read) else {
                throw ReadModelError(.unavailable, "'\(projection)' was not answered within \(timeout + answering)")
            }
            (answer, positions) = first
        } catch let error as ReadModelError where error.code == .unknownProjection {
            throw ReadModelError(.unavailable, "'\(projection)' has not been built yet", underlying: error)
        }
        let needs = all.filter { $0.partition.topic == positions.topic }
        for need in needs where positions.positions[need.partition.partition] == nil {
            throw InvalidQuery(
                parameter: "Highwater-Position", reason: "'\(projection)' is made from '\(positions.topic)', which has no \(need.partition)"
            )
        }
        if needs.allSatisfy(positions.hasApplied) { return answer }
        let found = try await inTime(timeout - elapsed()) { try await poll(needs, in: projection, read) }
        if let found { return found }
        throw ReadModelError(
            .behind, "'\(projection)' has not reached \(needs.map(\.description).joined(separator: ", ")) within \(timeout)")
    }

    /// What `body` finds; nil, and `body` cancelled, where that takes longer than `limit`.
    private func inTime<Found: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Found
    ) async throws -> Found? {
        try await withThrowingTaskGroup(of: Found?.self) { group in
            defer { group.cancelAll() }
            group.addTask { [environment] in
                try await environment.clock.sleep(for: limit)
                return nil
            }
            group.addTask { try await body() }
            return try await group.next() ?? nil
        }
    }

    private func poll<Answer: Sendable>(
        _ needs: [LogPosition], in projection: String, _ read: @Sendable () async throws -> (Answer, AppliedPositions)
    ) async throws -> Answer {
        var pause = Duration.milliseconds(5)
        while true {
            let isTold = try await withThrowingTaskGroup(of: Bool.self) { group in
                defer { group.cancelAll() }
                group.addTask { [signal] in
                    await signal.wait(for: needs, in: projection)
                    return true
                }
                group.addTask { [environment, pause] in
                    try await environment.clock.sleep(for: pause)
                    return false
                }
                return try await group.next() ?? false
            }
            try Task.checkCancellation()
            let (answer, positions) = try await read()
            if needs.allSatisfy(positions.hasApplied) { return answer }
            // Told of, but not so: the store was put back. Then only polling tells.
            pause = isTold ? .milliseconds(100) : min(pause * 2, .milliseconds(100))
            if isTold { try await environment.clock.sleep(for: pause) }
        }
    }
}
