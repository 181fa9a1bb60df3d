import EventLog
import EventModel
import Foundation
import GRDB
import ReadModel
import Synchronization

// The engine's own tables.

extension SQLiteReadModelStore {
    func generations(_ db: Database, _ projection: String) throws -> [Generation] {
        try fetchGenerations(db, "projection = ? ORDER BY number", [projection])
    }

    /// - Throws: `unknownProjection`.
    func live(_ db: Database, _ projection: String) throws -> Generation {
        guard let live = try fetchGenerations(db, "projection = ? AND state = 'live'", [projection]).first else {
            throw ReadModelError(.unknownProjection, "no read model '\(projection)' is live in \(path)")
        }
        return live
    }

    func find(_ db: Database, _ generation: Generation) throws -> Generation? {
        try fetchGenerations(db, "projection = ? AND number = ?", [generation.schema.projection.name, generation.number]).first
    }

    private func fetchGenerations(_ db: Database, _ condition: String, _ arguments: StatementArguments) throws -> [Generation] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT projection, number, state, topic, partitions, schema, lease_builder, lease_expires, held_until
                FROM highwater_generations WHERE \(condition)
                """)
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            let number: Int = row[1]
            guard let state = Generation.State(rawValue: row[2]) else {
                throw ReadModelError(.incompatibleLayout, "\(path) has a generation in the unknown state '\(row[2] as String)'")
            }
            let builder: String? = row[6]
            let heldUntil: Int64? = row[8]
            let now = self.now()
            return Generation(
                schema: try schema(row[5]), topic: Topic(row[3]), number: number, state: state,
                partitions: row[4],
                lease: builder.map { BuildLease(builder: $0, expires: Timestamp(microseconds: row[7]), now: now) },
                isHeld: heldUntil.map { Timestamp(microseconds: $0) }.map { $0 > now && $0 <= now.advanced(by: Generation.longestHold) }
                    ?? false)
        }
    }

    private func schema(_ json: String) throws -> TableSchema {
        if let known = schemas.withLock({ $0[json] }) { return known }
        let schema = try JSONDecoder().decode(TableSchema.self, from: Data(json.utf8))
        schemas.withLock { $0[json] = schema }
        return schema
    }

    func insert(_ db: Database, _ generation: Generation) throws {
        let name = generation.schema.projection.name
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let schema = String(decoding: try encoder.encode(generation.schema), as: UTF8.self)
        try db.execute(
            sql: """
                INSERT INTO highwater_generations
                  (projection, number, state, version, topic, partitions, schema, lease_builder, lease_expires)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                name, generation.number, generation.state.rawValue, generation.schema.projection.version, generation.topic.name,
                generation.partitions, schema, generation.lease?.builder, generation.lease?.expires.microseconds,
            ])
        for partition in Partition.all(of: generation.partitions) {
            try db.execute(
                sql: "INSERT INTO highwater_positions VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    name, generation.number, partition.rawValue, ChainPosition.beginning.offset.rawValue,
                    ChainPosition.beginning.chain.epoch.rawValue, ChainPosition.beginning.chain.sequence.rawValue,
                ])
        }
    }

    func remove(_ db: Database, _ generation: Generation) throws {
        let key: StatementArguments = [generation.schema.projection.name, generation.number]
        try db.execute(sql: "DELETE FROM highwater_positions WHERE projection = ? AND generation = ?", arguments: key)
        try db.execute(sql: "DELETE FROM highwater_generations WHERE projection = ? AND number = ?", arguments: key)
        try db.execute(sql: SQLiteTable(generation).drop)
    }

    func positions(_ db: Database, _ generation: Generation) throws -> [Partition: ChainPosition] {
        let statement = try db.cachedStatement(
            sql: "SELECT partition, record_offset, epoch, sequence FROM highwater_positions WHERE projection = ? AND generation = ?")
        let rows = try Row.fetchAll(statement, arguments: [generation.schema.projection.name, generation.number])
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    Partition(row[0]),
                    ChainPosition(
                        offset: Offset(row[1]), chain: ChainRule(epoch: Epoch(row[2]), sequence: CommitSequence(row[3])))
                )
            })
    }

    /// False where the stored position is not the expected one.
    func move(_ db: Database, _ move: PositionMove, in generation: Generation) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE highwater_positions SET record_offset = ?, epoch = ?, sequence = ?
                WHERE projection = ? AND generation = ? AND partition = ? AND record_offset = ? AND epoch = ? AND sequence = ?
                """)
        try statement.execute(arguments: [
            move.new.offset.rawValue, move.new.chain.epoch.rawValue, move.new.chain.sequence.rawValue,
            generation.schema.projection.name, generation.number, move.partition.rawValue,
            move.expected.offset.rawValue, move.expected.chain.epoch.rawValue, move.expected.chain.sequence.rawValue,
        ])
        return db.changesCount == 1
    }
}
