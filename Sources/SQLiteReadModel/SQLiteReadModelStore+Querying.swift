import EventLog
import GRDB
public import ReadModel

extension SQLiteReadModelStore {
    public func row(of projection: String, key: String) async throws -> QueryResult<StoredRow?> {
        try await query(projection) { db, table in
            guard !key.hasNUL else { return nil }
            return try Row.fetchOne(try db.cachedStatement(sql: table.selectCombinedOne), arguments: [key]).map { try table.shown($0) }
        }
    }

    public func rows(of projection: String, matching query: RowQuery) async throws -> QueryResult<[StoredRow]> {
        try await self.query(projection) { db, table in
            guard let (sql, arguments) = table.select(query) else { return [] }
            return try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: arguments).map { try table.shown($0) }
        }
    }

    public func livePositions(of projection: String) async throws -> AppliedPositions {
        try await query(projection) { _, _ in }.positions
    }

    /// The generation is found and read in one snapshot, so one that is dropped meanwhile is still there to be read.
    private func query<Value: Sendable>(
        _ projection: String, _ body: @escaping @Sendable (Database, SQLiteTable) throws -> Value
    ) async throws -> QueryResult<Value> {
        try await read("read '\(projection)'") { db in
            let live = try self.live(db, projection)
            return QueryResult(
                value: try body(db, SQLiteTable(live)), schema: live.schema,
                positions: AppliedPositions(topic: live.topic, positions: try self.positions(db, live)))
        }
    }

    public func withSnapshot<Result: Sendable>(
        of generation: Generation, _ body: (any GenerationSnapshot) async throws -> Result
    ) async throws -> Result {
        let what = "read \(generation)"
        let snapshot: DatabaseSnapshot
        let positions: [Partition: ChainPosition]
        do {
            let file = try await opened()
            snapshot = try await Self.onQueue { try file.pool.makeSnapshot() }
            positions = try await snapshot.read { db in
                guard try self.find(db, generation) != nil else {
                    throw ReadModelError(.unknownProjection, "\(generation) is gone: it was replaced meanwhile; try again")
                }
                return try self.positions(db, generation)
            }
        } catch {
            throw readModelError(what, path, error)
        }
        let rows = SQLiteSnapshot(positions: positions, snapshot: snapshot, table: SQLiteTable(generation), path: path)
        // The connection closes with its last reference.
        return try await body(rows)
    }
}

private struct SQLiteSnapshot: GenerationSnapshot {
    let positions: [Partition: ChainPosition]
    let snapshot: DatabaseSnapshot
    let table: SQLiteTable
    let path: String

    func rows(after last: PartitionRow?, limit: Int) async throws -> [PartitionRow] {
        do {
            return try await snapshot.read { [table] db in
                let statement = try db.cachedStatement(sql: last == nil ? table.selectFirst : table.selectNext)
                let arguments: StatementArguments =
                    last.map { [$0.row.key, $0.partition.rawValue, limit] } ?? [limit]
                return try Row.fetchAll(statement, arguments: arguments).map { row in
                    PartitionRow(partition: Partition(row[table.columnCount]), row: try table.stored(row))
                }
            }
        } catch {
            throw readModelError("read rows", path, error)
        }
    }
}
