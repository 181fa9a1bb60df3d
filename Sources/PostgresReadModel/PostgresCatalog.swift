import EventLog
import EventModel
import Foundation
import ReadModel

/// Statements about the engine's own tables.
struct PostgresCatalog: Sendable {
    /// Quoted.
    let schema: String
    let name: String

    init(schema: String) throws(PostgresError) {
        name = schema
        self.schema = try Identifier.quoted(schema)
    }

    // MARK: Locks

    /// Waits until nobody else is at work on `what`; held to the transaction's end. Unlike row locks these are given in the order of asking.
    func lock(_ what: String) -> Statement { Statement("SELECT pg_advisory_xact_lock($1)::text", [.bigint(lockKey(what))]) }

    /// Among those that only write batches.
    private func lockShared(_ what: String) -> Statement {
        Statement("SELECT pg_advisory_xact_lock_shared($1)::text", [.bigint(lockKey(what))])
    }

    /// For making, swapping and dropping generations.
    func lock(projection: String) -> Statement { lock("projection/\(projection)") }
    /// Against batches.
    func lock(_ generation: Generation) -> Statement { lock(lockName(generation)) }
    /// Against other loads.
    func lockForLoad(_ generation: Generation) -> Statement { lock("load/\(lockName(generation))") }

    private func lockName(_ generation: Generation) -> String {
        "generation/\(generation.schema.projection.name)/\(generation.number)"
    }

    /// FNV-1a, 64 bits; two names that share a number would only wait for each other.
    private func lockKey(_ what: String) -> Int64 {
        let hash = "highwater/\(name)/\(what)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int64(bitPattern: hash)
    }

    // MARK: Generations

    /// The clock of leases and holds: the server's, in microseconds since 1970.
    private static let now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

    func generations(_ projection: String) -> Statement {
        Statement(
            """
            SELECT number, state, topic, partitions, schema, lease_builder, lease_expires, held_until, \(Self.now)
            FROM \(schema).generations WHERE projection = $1 ORDER BY number
            """, [.text(projection)])
    }

    /// Waits for a renewal of what is being built that is under way, and keeps off the next to the transaction's end.
    func lockBuilding(_ projection: String) -> Statement {
        Statement(
            "SELECT number FROM \(schema).generations WHERE projection = $1 AND state = 'building' FOR UPDATE", [.text(projection)])
    }

    /// Takes or extends a lease.
    ///
    /// - Parameter isFilled: whether one that was building is ready from now on.
    func renew(_ builder: String, for duration: Duration, on generation: Generation, isFilled: Bool = false) -> Statement {
        Statement(
            """
            UPDATE \(schema).generations SET lease_builder = $3, lease_expires = \(Self.now) + $4,
              state = CASE WHEN \(isFilled) AND state = 'building' THEN 'ready' ELSE state END
            WHERE projection = $1 AND number = $2 AND state <> 'live'
              AND (lease_builder IS NULL OR lease_builder = $3
                OR lease_expires <= \(Self.now) OR lease_expires > \(Self.now) + $5)
            """,
            key(generation) + [
                .text(builder), .bigint(min(duration, BuildLease.longest).microseconds), .bigint(BuildLease.farthest.microseconds),
            ])
    }

    func hold(_ generation: Generation, for duration: Duration?) -> Statement {
        Statement(
            """
            UPDATE \(schema).generations SET held_until = \(Self.now) + $3 WHERE projection = $1 AND number = $2 AND state = 'live'
            """, key(generation) + [.bigint(duration?.microseconds)])
    }

    func generations(_ rows: ResultSet, _ schemas: SchemaCache) throws -> [Generation] {
        try (0..<rows.count).map { row in
            let state = rows.text(row, 1)
            guard let state = Generation.State(rawValue: state) else {
                throw ReadModelError(.incompatibleLayout, "a generation is in the unknown state '\(state)': use the newer program")
            }
            let now = Timestamp(microseconds: rows.number(row, 8))
            let lease = rows.optionalText(row, 5).map {
                BuildLease(builder: $0, expires: Timestamp(microseconds: rows.number(row, 6)), now: now)
            }
            let heldUntil = rows.optionalNumber(row, 7).map { Timestamp(microseconds: $0) }
            return Generation(
                schema: try schemas.schema(rows.text(row, 4)), topic: Topic(rows.text(row, 2)), number: Int(rows.number(row, 0)),
                state: state, partitions: Int(rows.number(row, 3)), lease: lease,
                isHeld: heldUntil.map { $0 > now && $0 <= now.advanced(by: Generation.longestHold) } ?? false)
        }
    }

    func key(_ generation: Generation) -> [Parameter] {
        [.text(generation.schema.projection.name), .integer(Int32(clamping: generation.number))]
    }

    /// - Parameter lease: the builder's, from now.
    func insert(_ generation: Generation, lease: (builder: String, duration: Duration)?) throws -> [Statement] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(generation.schema), as: UTF8.self)
        let beginning = ChainPosition.beginning
        return [
            Statement(
                """
                INSERT INTO \(schema).generations
                  (projection, number, state, version, topic, partitions, schema, lease_builder, lease_expires)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \(Self.now) + $9)
                """,
                key(generation) + [
                    .text(generation.state.rawValue), .bigint(Int64(generation.schema.projection.version)), .text(generation.topic.name),
                    .integer(Int32(clamping: generation.partitions)), .text(json), .text(lease?.builder),
                    .bigint(lease.map { min($0.duration, BuildLease.longest).microseconds }),
                ]),
            Statement(
                "INSERT INTO \(schema).positions SELECT $1, $2, partition, $4, $5, $6 FROM unnest($3::integer[]) partition",
                key(generation) + [
                    .integers(Partition.all(of: generation.partitions).map(\.rawValue)), .bigint(beginning.offset.rawValue),
                    .bigint(beginning.chain.epoch.rawValue), .bigint(beginning.chain.sequence.rawValue),
                ]),
        ]
    }

    /// Takes a generation away, its positions first: whoever is writing a batch finishes it before. Its table goes later.
    func remove(_ generation: Generation) -> [Statement] {
        [
            Statement("DELETE FROM \(schema).positions WHERE projection = $1 AND generation = $2", key(generation)),
            Statement("DELETE FROM \(schema).generations WHERE projection = $1 AND number = $2", key(generation)),
            Statement(
                "INSERT INTO \(schema).discarded_tables VALUES ($1) ON CONFLICT DO NOTHING",
                [.text(generation.schema.tableName(generation: generation.number))]),
        ]
    }

    // MARK: Positions

    func positions(_ generation: Generation) -> Statement {
        Statement(
            "SELECT partition, record_offset, epoch, sequence FROM \(schema).positions WHERE projection = $1 AND generation = $2",
            key(generation))
    }

    func positions(_ rows: ResultSet, from column: Int = 0) -> [Partition: ChainPosition] {
        var positions: [Partition: ChainPosition] = [:]
        for row in 0..<rows.count where !rows.isNull(row, column) {
            positions[Partition(Int32(rows.number(row, column)))] = ChainPosition(
                offset: Offset(rows.number(row, column + 1)),
                chain: ChainRule(
                    epoch: Epoch(rows.number(row, column + 2)), sequence: CommitSequence(rows.number(row, column + 3))))
        }
        return positions
    }

    /// Whether a generation takes batches, as a condition on `g`.
    private static let takesBatches = """
        CASE g.state WHEN 'live' THEN g.held_until IS NULL OR g.held_until <= \(now) \
        OR g.held_until > \(now) + \(Generation.longestHold.microseconds) ELSE g.lease_builder IS NOT NULL END
        """

    /// Fails, with ``SQLState/fenced``, where the generation takes no batches or a position is not the expected one; nothing is locked.
    func check(_ moves: [PositionMove], of generation: Generation) -> Statement {
        Statement(
            """
            SELECT \(schema).fence(count(*) = $7) FROM \(schema).generations g
            JOIN \(schema).positions p ON p.projection = g.projection AND p.generation = g.number
            JOIN unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[]) m (partition, record_offset, epoch, sequence)
              USING (partition, record_offset, epoch, sequence)
            WHERE g.projection = $1 AND g.number = $2 AND \(Self.takesBatches)
            """, key(generation) + expected(moves) + [.bigint(Int64(moves.count))])
    }

    /// Sets positions by compare-and-set, or fails with ``SQLState/fenced``. Holds and swaps wait until the transaction ends; positions are
    /// locked in order of partition, so that two batches never wait for each other.
    func move(_ moves: [PositionMove], of generation: Generation) -> [Statement] {
        [
            lockShared(lockName(generation)),
            Statement(
                """
                SELECT \(schema).fence(count(*) = $4) FROM (
                  SELECT 1 FROM \(schema).positions p
                  JOIN \(schema).generations g ON g.projection = p.projection AND g.number = p.generation
                  WHERE p.projection = $1 AND p.generation = $2 AND p.partition = ANY ($3) AND \(Self.takesBatches)
                  ORDER BY p.partition FOR NO KEY UPDATE OF p
                ) locked
                """, key(generation) + [.integers(moves.map(\.partition.rawValue)), .bigint(Int64(moves.count))]),
            Statement(
                """
                WITH moved AS (
                  UPDATE \(schema).positions p SET record_offset = m.new_offset, epoch = m.new_epoch, sequence = m.new_sequence
                  FROM unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
                    m (partition, record_offset, epoch, sequence, new_offset, new_epoch, new_sequence)
                  WHERE p.projection = $1 AND p.generation = $2 AND p.partition = m.partition
                    AND p.record_offset = m.record_offset AND p.epoch = m.epoch AND p.sequence = m.sequence
                  RETURNING 1
                )
                SELECT \(schema).fence(count(*) = $10) FROM moved
                """,
                key(generation) + expected(moves) + [
                    .bigints(moves.map(\.new.offset.rawValue)), .bigints(moves.map(\.new.chain.epoch.rawValue)),
                    .bigints(moves.map(\.new.chain.sequence.rawValue)), .bigint(Int64(moves.count)),
                ]),
        ]
    }

    private func expected(_ moves: [PositionMove]) -> [Parameter] {
        [
            .integers(moves.map(\.partition.rawValue)), .bigints(moves.map(\.expected.offset.rawValue)),
            .bigints(moves.map(\.expected.chain.epoch.rawValue)), .bigints(moves.map(\.expected.chain.sequence.rawValue)),
        ]
    }

    /// Waits for whatever transaction moves these positions, and reads them.
    func settledPositions(_ moves: [PositionMove], of generation: Generation) -> Statement {
        Statement(
            """
            SELECT partition, record_offset, epoch, sequence FROM \(schema).positions
            WHERE projection = $1 AND generation = $2 AND partition = ANY ($3) ORDER BY partition FOR NO KEY UPDATE
            """, key(generation) + [.integers(moves.map(\.partition.rawValue))])
    }
}

extension SQLState {
    /// Raised by the function `fence` of the layout.
    static let fenced = SQLState(rawValue: "HW001")
    /// Raised by the function `kept_elsewhere` of the layout, with the key as detail.
    static let keptElsewhere = SQLState(rawValue: "HW002")
}

extension Duration {
    fileprivate var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
