public import EventLog
public import ReadModel

extension PostgresReadModelStore {
    public func generations(of projection: String) async throws -> [Generation] {
        try await perform("read the generations of '\(projection)'") { [catalog, schemas] session, _ in
            try catalog.generations(try session.run([catalog.generations(projection)])[0], schemas)
        }
    }

    public func createGeneration(
        _ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose
    ) async throws -> Generation {
        let name = schema.projection.name
        let generation = try await perform("make a generation of '\(name)'") { [self] session, attempt in
            try session.transaction {
                var lease: (builder: String, duration: Duration)?
                switch purpose {
                case .first:
                    let existing = try lockedGenerations(session, name)
                    if let live = existing.first(where: { $0.state == .live }) { return live }
                case .rebuild(let builder, let duration):
                    lease = (builder, duration)
                    for other in try lockedGenerations(session, name, isToDrop: true) where other.state == .building {
                        // Made by an attempt whose answer was lost.
                        let isMine = other.lease?.builder == builder && other.schema == schema && other.topic == topic
                        if attempt.isAfterLoss, isMine { return other }
                        if let held = other.lease, !held.isOver { throw ReadModelError.rebuilt(name, by: held) }
                        try session.run(catalog.remove(other))
                    }
                }
                let number = try session.run(
                    """
                    INSERT INTO \(catalog.schema).projections (name, last_generation, view_schema)
                    SELECT $1, 1, coalesce((SELECT s FROM unnest(current_schemas(false)) s WHERE s <> $2 LIMIT 1), 'public')
                    ON CONFLICT (name) DO UPDATE SET last_generation = projections.last_generation + 1 RETURNING last_generation
                    """, [.text(name), .text(catalog.name)]
                ).number(0, 0)
                let generation = Generation(
                    schema: schema, topic: topic, number: Int(number), state: purpose == .first ? .live : .building,
                    partitions: partitions)
                let table = try PostgresTable(generation, catalog)
                try session.run(try catalog.insert(generation, lease: lease))
                try session.script(table.create)
                try session.script(try table.addPrimaryKey())
                if purpose == .first {
                    for index in try table.createIndexes() { try session.script(index) }
                    try showInView(session, generation)
                }
                let made = try catalog.generations(try session.run([catalog.generations(name)])[0], schemas)
                return made.first { $0.number == generation.number } ?? generation
            }
        }
        if purpose != .first { await sweep() }
        return generation
    }

    public func renew(_ builder: String, for duration: Duration, on generation: Generation) async throws -> Bool {
        try await perform("renew the lease of \(generation)") { [catalog] session, _ in
            try session.run([catalog.renew(builder, for: duration, on: generation)])[0].affectedRows == 1
        }
    }

    public func markReady(_ generation: Generation, keptBy builder: String, for duration: Duration) async throws -> Bool {
        try await perform("keep \(generation)") { [catalog] session, _ in
            try session.run([catalog.renew(builder, for: duration, on: generation, isFilled: true)])[0].affectedRows == 1
        }
    }

    public func dropAbandoned(of projection: String) async throws -> [Int] {
        let dropped = try await perform("drop abandoned generations of '\(projection)'") { [self] session, _ in
            try session.transaction {
                let abandoned = try lockedGenerations(session, projection, isToDrop: true).filter(\.isAbandoned)
                for generation in abandoned { try session.run(catalog.remove(generation)) }
                return abandoned.map(\.number)
            }
        }
        if !dropped.isEmpty { await sweep() }
        return dropped
    }

    public func finish(_ generation: Generation) async throws {
        try await perform("finish \(generation)") { [catalog] session, _ in
            _ = try session.run([
                catalog.lock(generation),
                Statement(
                    """
                    UPDATE \(catalog.schema).generations SET lease_builder = NULL, lease_expires = NULL,
                      state = CASE state WHEN 'building' THEN 'ready' ELSE state END
                    WHERE projection = $1 AND number = $2 AND state <> 'live'
                    """, catalog.key(generation)),
            ])
        }
    }

    /// How long to wait for the workers' batches, which wait for nothing that lasts.
    private static let batchPatience = "1s"
    /// How long to wait for readers' transactions on the view: all that come later wait behind.
    private static let readerPatience = "100ms"

    public func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool {
        struct Refused: Error {}
        let isLive = try await perform("make \(generation) live") { [self] session, _ in
            try completeIndexes(session, of: generation)
            do {
                return try session.transaction {
                    let all = try lockedGenerations(session, generation.schema.projection.name)
                    guard let mine = all.first(where: { $0.number == generation.number }) else { return false }
                    if mine.state == .live { return true }
                    try session.script("SET LOCAL lock_timeout = '\(Self.batchPatience)'")
                    // From here on no batch moves.
                    if let live = all.first(where: { $0.state == .live }) {
                        try session.run([catalog.lock(live), catalog.lock(mine)])
                        let stand = try session.run([catalog.positions(live), catalog.positions(mine)])
                        let (old, new) = (catalog.positions(stand[0]), catalog.positions(stand[1]))
                        let isBehind = old.contains { $1.offset > (new[$0]?.offset ?? Offset(-1)) }
                        guard evenIfBehind || !isBehind else { throw Refused() }
                    } else {
                        try session.run([catalog.lock(mine)])
                    }
                    // The readers' turn comes last, so that they wait for none of the above.
                    try session.script("SET LOCAL lock_timeout = '\(Self.readerPatience)'")
                    try showInView(session, mine)
                    try session.run([
                        Statement(
                            """
                            UPDATE \(catalog.schema).generations SET state = 'retired', held_until = NULL
                            WHERE projection = $1 AND state = 'live'
                            """, [.text(mine.schema.projection.name)]),
                        Statement(
                            """
                            UPDATE \(catalog.schema).generations SET state = 'live', lease_builder = NULL, lease_expires = NULL
                            WHERE projection = $1 AND number = $2
                            """, catalog.key(mine)),
                    ])
                    return true
                }
            } catch is Refused {
                return false
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                throw try blocked(generation, session)
            }
        }
        if isLive { await sweep() }
        return isLive
    }

    public func hold(_ generation: Generation, for duration: Duration?) async throws {
        try await perform("hold \(generation)") { [catalog] session, _ in
            _ = try session.run([catalog.lock(generation), catalog.hold(generation, for: duration)])
        }
    }

    public func drop(_ generation: Generation) async throws {
        try await perform("drop \(generation)") { [self] session, _ in
            try session.transaction {
                let all = try lockedGenerations(session, generation.schema.projection.name)
                guard let now = all.first(where: { $0.number == generation.number }), now.state != .live else { return }
                try session.run(catalog.remove(now))
            }
        }
        await sweep()
    }

    /// What a role may take for a query is not meant for what follows in the transaction.
    static let takesLong = "SET LOCAL statement_timeout = 0"

    /// Those that no load has made, each in a transaction of its own: batches wait for none of them longer than it takes to build.
    private func completeIndexes(_ session: PostgresSession, of generation: Generation) throws {
        let all = try catalog.generations(try session.run([catalog.generations(generation.schema.projection.name)])[0], schemas)
        guard let mine = all.first(where: { $0.number == generation.number }), mine.state != .live else { return }
        do {
            for index in try PostgresTable(mine, catalog).createIndexes() {
                try session.takingLong { try session.transaction { try session.script("\(Self.takesLong); \(index)") } }
            }
        } catch let error as PostgresError where error.sqlState == .undefinedTable {
            // Dropped meanwhile, as the locked look will find.
        }
    }

    /// A projection's generations, which nobody else makes, swaps or drops until the transaction ends.
    ///
    /// - Parameter isToDrop: whether those being built may be dropped, so that their leases are not to be renewed meanwhile either.
    private func lockedGenerations(_ session: PostgresSession, _ projection: String, isToDrop: Bool = false) throws -> [Generation] {
        let statements =
            [catalog.lock(projection: projection)] + (isToDrop ? [catalog.lockBuilding(projection)] : [])
            + [catalog.generations(projection)]
        return try catalog.generations(try session.run(statements)[statements.count - 1], schemas)
    }
}
