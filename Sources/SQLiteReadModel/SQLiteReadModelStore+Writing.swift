public import EventLog
import GRDB
public import ReadModel

extension SQLiteReadModelStore {
    /// Rolls a transaction back without being an error.
    private struct NoEffect: Error {}

    public func positions(of generation: Generation) async throws -> [Partition: ChainPosition] {
        try await read("read the positions of \(generation)") { db in try self.positions(db, generation) }
    }

    public func rows(in generation: Generation, keys: [Partition: [String]]) async throws -> [Partition: [StoredRow]] {
        try await read("read rows of \(generation)") { db in
            guard try self.find(db, generation) != nil else { return [:] }
            let table = self.table(of: generation)
            // One prepared lookup a key: in SQLite there is no round trip to save.
            let statement = try db.cachedStatement(sql: table.selectOne)
            return try keys.reduce(into: [:]) { found, entry in
                let (partition, keys) = entry
                found[partition] = try keys.filter { !$0.hasNUL }.compactMap { key in
                    try Row.fetchOne(statement, arguments: [key, partition.rawValue]).map { try table.stored($0) }
                }
            }
        }
    }

    public func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool {
        try await change(generation, batch.map(\.move)) { db, table in
            var upsert = RowInsertion(try db.cachedStatement(sql: table.upsert), table.schema, db)
            for write in batch {
                for row in write.upserts where try upsert.run(row, write.partition) != 1 {
                    throw ReadModelError.keptElsewhere(row.key, generation.schema)
                }
                guard !write.deletes.isEmpty else { continue }
                let delete = try db.cachedStatement(sql: table.delete)
                for key in write.deletes { try delete.execute(arguments: [key, write.partition.rawValue]) }
            }
        }
    }

    public func load(_ rows: any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool {
        try await change(generation, moving) { db, table in
            var insert = RowInsertion(try db.makeStatement(sql: table.insert), table.schema, db)
            let ahead = RowsAhead(rows)
            while case let next = try ahead.next(), !next.isEmpty {
                for row in next { try self.insert(row, &insert, generation) }
                try Task.checkCancellation()
            }
            try table.createIndexes(db)
        }
    }

    private func insert(_ row: PartitionRow, _ insertion: inout RowInsertion, _ generation: Generation) throws {
        do {
            try insertion.run(row.row, row.partition)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw ReadModelError.keptElsewhere(row.row.key, generation.schema)
        }
    }

    private func change(
        _ generation: Generation, _ moves: [PositionMove], _ body: @escaping @Sendable (Database, SQLiteTable) throws -> Void
    ) async throws -> Bool {
        do {
            try await write("write rows of \(generation)") { db in
                guard let now = try self.find(db, generation),
                    now.state == .live ? !now.isHeld : now.lease != nil
                else { throw NoEffect() }
                for move in moves where try !self.move(db, move, in: generation) { throw NoEffect() }
                try body(db, self.table(of: generation))
            }
            return true
        } catch is NoEffect {
            return false
        }
    }
}
