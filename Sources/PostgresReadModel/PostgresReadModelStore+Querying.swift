import EventLog
public import ReadModel
import Synchronization

extension PostgresReadModelStore {
    public func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?> {
        try await query(projection, { $0.selectOne(key) }, { table, result in try result.flatMap { try table.shown($0).first } })
    }

    public func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]> {
        try await self.query(projection, { $0.select(query) }, { table, result in try result.map { try table.shown($0) } ?? [] })
    }

    public func livePositions(of projection: String) async throws -> AppliedPositions {
        try await query(projection, { _ in nil }, { _, _ in }).positions
    }

    /// Reads rows, positions and which generation is live in one snapshot and, while the same one is live as the last time, in one round
    /// trip. A generation that went, table and all, between its being found and being read is looked for again.
    private func query<Value: Sendable>(
        _ projection: String, _ select: @escaping @Sendable (PostgresTable) -> Statement?,
        _ decode: @escaping @Sendable (PostgresTable, ResultSet?) throws -> Value
    ) async throws -> QueryResult<Value> {
        try await perform("read '\(projection)'", isHasty: true) { [self] session, _ in
            var believed = live.withLock { $0[projection] }
            /// Whose table was not there.
            var missing: LiveTable?
            while true {
                try session.checkCancellation()
                let rows = believed.flatMap { select($0.table) }
                let batch =
                    [Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), liveGeneration(projection, believed)]
                    + (rows.map { [$0] } ?? []) + [Statement("COMMIT")]
                let results: [ResultSet]
                do {
                    results = try session.run(batch)
                } catch let error as PostgresError {
                    _ = try? session.run("ROLLBACK")
                    // Twice the same: it did not go with its generation.
                    guard error.sqlState == .undefinedTable, let absent = believed, absent.generation != missing?.generation else {
                        throw error
                    }
                    missing = absent
                    believed = nil
                    continue
                }
                let found = results[1]
                guard found.count > 0 else {
                    throw ReadModelError(
                        .unknownProjection, "no read model '\(projection)' is live in PostgreSQL at \(pool.settings.description)")
                }
                if let believed, found.number(0, 0) != 0 {
                    return QueryResult(
                        value: try decode(believed.table, rows.map { _ in results[2] }), schema: believed.generation.schema,
                        positions: AppliedPositions(topic: believed.generation.topic, positions: catalog.positions(found, from: 5)))
                }
                let generation = Generation(
                    schema: try schemas.schema(found.text(0, 4)), topic: Topic(found.text(0, 2)), number: Int(found.number(0, 1)),
                    state: .live, partitions: Int(found.number(0, 3)))
                let now = LiveTable(
                    generation: generation, table: try PostgresTable(generation, catalog), storedSchema: found.text(0, 4))
                believed = now
                live.withLock { $0[projection] = now }
            }
        }
    }

    /// Whether the believed one is live, or else what is; and the positions, one a row.
    private func liveGeneration(_ projection: String, _ believed: LiveTable?) -> Statement {
        Statement(
            """
            SELECT g.number = $2 AND g.topic = $3 AND g.schema = $4, g.number, g.topic, g.partitions,
              CASE WHEN g.number = $2 AND g.schema = $4 THEN NULL ELSE g.schema END, p.partition, p.record_offset, p.epoch, p.sequence
            FROM \(catalog.schema).generations g
            LEFT JOIN \(catalog.schema).positions p ON p.projection = g.projection AND p.generation = g.number
            WHERE g.projection = $1 AND g.state = 'live'
            """,
            [
                .text(projection), .integer(Int32(clamping: believed?.generation.number ?? 0)),
                .text(believed?.generation.topic.name ?? ""),
                .text(believed?.storedSchema ?? ""),
            ])
    }

    // MARK: Snapshots

    public func withSnapshot<Result: Sendable>(
        of generation: Generation, _ body: (any GenerationSnapshot) async throws -> Result
    ) async throws -> Result {
        let what = "read \(generation)"
        let table: PostgresTable
        do { table = try PostgresTable(generation, catalog) } catch { throw readModelError(what, pool.settings, error) }
        func onOwnConnection(_ connection: PostgresConnection) async throws -> Result {
            let positions: [Partition: ChainPosition]
            do {
                // A load that is under way is waited for.
                positions = try await connection.run(within: .long) { [catalog, schemas] session in
                    session.keepsTransaction = true
                    // Whoever reads a snapshot may be long about it, and holds up nobody.
                    try session.script("SET idle_in_transaction_session_timeout = 0")
                    // The lock comes before the snapshot, which the first query takes: a load cannot come between them.
                    try session.run([
                        Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                        Statement("LOCK TABLE \(table.name) IN ACCESS SHARE MODE"),
                    ])
                    let results = try session.run([
                        catalog.generations(generation.schema.projection.name), catalog.positions(generation),
                    ])
                    let all = try catalog.generations(results[0], schemas)
                    guard all.contains(where: { $0.number == generation.number }) else { throw Self.gone(generation) }
                    return catalog.positions(results[1])
                }
            } catch let error as PostgresError where error.sqlState == .undefinedTable {
                throw Self.gone(generation)
            } catch {
                throw readModelError(what, pool.settings, error)
            }
            return try await body(
                PostgresSnapshot(
                    positions: positions, connection: connection, table: table, settings: pool.settings, limit: pool.options.step))
        }
        do {
            return try await pool.withOwnConnection(onOwnConnection)
        } catch let error as PostgresError {
            throw readModelError(what, pool.settings, error)
        }
    }

    private static func gone(_ generation: Generation) -> ReadModelError {
        ReadModelError(.unknownProjection, "\(generation) is gone: it was replaced meanwhile; try again")
    }
}

private struct PostgresSnapshot: GenerationSnapshot {
    let positions: [Partition: ChainPosition]
    let connection: PostgresConnection
    let table: PostgresTable
    let settings: ConnectionSettings
    let limit: TimeLimit

    func rows(after last: PartitionRow?, limit count: Int) async throws -> [PartitionRow] {
        do {
            return try await connection.run(within: limit) { [table] session in
                try table.partitionRows(try session.run([table.selectPage(after: last, limit: count)])[0])
            }
        } catch {
            throw readModelError("read rows", settings, error)
        }
    }
}
