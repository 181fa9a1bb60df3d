public import EventLog
public import EventModel
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
                let existing = try lockedGenerations(session, name)
                var lease: BuildLease?
                switch purpose {
                case .first:
                    if let live = existing.first(where: { $0.state == .live }) { return live }
                case .rebuild(let mine, let now):
                    lease = mine
                    for other in existing where other.state == .building {
                        // Made by an attempt whose answer was lost.
                        if attempt.isAfterLoss, other.lease == mine, other.schema == schema, other.topic == topic { return other }
                        if let held = other.lease, held.expires > now {
                            throw ReadModelError.rebuilt(name, by: held)
                        }
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
                    partitions: partitions, lease: lease)
                let table = try PostgresTable(generation, catalog)
                try session.run(try catalog.insert(generation))
                try session.script(table.create)
                try session.script(try table.addPrimaryKey())
                if purpose == .first {
                    for index in try table.createIndexes() { try session.script(index) }
                    try showInView(session, generation)
                }
                return generation
            }
        }
        if purpose != .first { await sweep() }
        return generation
    }

    public func renew(_ lease: BuildLease, on generation: Generation, now: Timestamp) async throws -> Bool {
        try await perform("renew the lease of \(generation)") { [catalog] session, _ in
            try session.run(
                """
                UPDATE \(catalog.schema).generations SET lease_builder = $3, lease_expires = $4
                WHERE projection = $1 AND number = $2 AND state <> 'live'
                  AND (lease_builder IS NULL OR lease_builder = $3 OR lease_expires <= $5)
                """,
                catalog.key(generation) + [
                    .text(lease.builder), .bigint(lease.expires.microseconds), .bigint(now.microseconds),
                ]
            ).affectedRows == 1
        }
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

    public func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool {
        let isLive = try await perform("make \(generation) live") { [self] session, _ in
            struct Refused: Error {}
            try completeIndexes(session, of: generation)
            do {
                return try session.transaction {
                    let all = try lockedGenerations(session, generation.schema.projection.name)
                    guard let mine = all.first(where: { $0.number == generation.number }) else { return false }
                    if mine.state == .live { return true }
                    // Behind somebody's long query on the view others would have to wait: then rather not yet.
                    try session.script("SET LOCAL lock_timeout = '1s'")
                    try showInView(session, mine)
                    if let live = all.first(where: { $0.state == .live }) {
                        // From here on no batch moves either.
                        try session.run([catalog.lock(live), catalog.lock(mine)])
                        let stand = try session.run([catalog.positions(live), catalog.positions(mine)])
                        let (old, new) = (catalog.positions(stand[0]), catalog.positions(stand[1]))
                        let isBehind = old.contains { $1.offset > (new[$0]?.offset ?? Offset(-1)) }
                        guard evenIfBehind || !isBehind else { throw Refused() }
                    } else {
                        try session.run([catalog.lock(mine)])
                    }
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
            }
        }
        if isLive { await sweep() }
        return isLive
    }

    public func hold(_ generation: Generation, until: Timestamp?) async throws {
        try await perform("hold \(generation)") { [catalog] session, _ in
            _ = try session.run([
                catalog.lock(generation),
                Statement(
                    "UPDATE \(catalog.schema).generations SET held_until = $3 WHERE projection = $1 AND number = $2 AND state = 'live'",
                    catalog.key(generation) + [.bigint(until?.microseconds)]),
            ])
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
    private func lockedGenerations(_ session: PostgresSession, _ projection: String) throws -> [Generation] {
        try catalog.generations(
            try session.run([catalog.lock(projection: projection), catalog.generations(projection)])[1], schemas)
    }

    // MARK: The view

    /// Points the view with the plain name at the generation.
    private func showInView(_ session: PostgresSession, _ generation: Generation) throws {
        let table = try PostgresTable(generation, catalog)
        let rows = try session.run(
            "SELECT view_schema FROM \(catalog.schema).projections WHERE name = $1", [.text(generation.schema.projection.name)])
        let schema = try Identifier.quoted(rows.text(0, 0))
        let view = "\(schema).\(try Identifier.quoted(generation.schema.viewName))"
        try session.script("SAVEPOINT view")
        do {
            try session.script("CREATE OR REPLACE VIEW \(view) AS \(table.viewQuery)")
        } catch let error as PostgresError where error.sqlState == .invalidTableDefinition {
            // Other columns than before: another view. Within the transaction no reader misses it.
            try session.script("ROLLBACK TO SAVEPOINT view")
            let grants = try grants(on: view, session)
            do {
                try session.script("DROP VIEW \(view)")
            } catch let error as PostgresError where error.sqlState == .dependentObjectsStillExist {
                throw ReadModelError(
                    .incompatibleLayout,
                    "\(generation) has other columns than the live one, and what others have built on its view keeps that from being made "
                        + "anew: drop that (\(error.detail ?? error.message)), try again, and make it anew")
            }
            try session.script("CREATE VIEW \(view) AS \(table.viewQuery)")
            for grant in grants { try session.script(grant) }
        }
    }

    /// Statements that grant again what others than its owner may do with a view.
    private func grants(on view: String, _ session: PostgresSession) throws -> [String] {
        let rows = try session.run(
            """
            SELECT DISTINCT a.privilege_type, a.grantee = 0, coalesce(r.rolname::text, ''), a.is_grantable
            FROM pg_class c CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
            WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner AND (a.grantee = 0 OR r.oid IS NOT NULL)
            """, [.text(view)])
        return try (0..<rows.count).map { row in
            let grantee = rows.number(row, 1) != 0 ? "PUBLIC" : try Identifier.quoted(rows.text(row, 2))
            // The server's own words for a privilege: capital letters.
            let privilege = rows.text(row, 0).filter { $0.isASCII && ($0.isUppercase || $0 == " ") }
            return "GRANT \(privilege) ON \(view) TO \(grantee)\(rows.number(row, 3) != 0 ? " WITH GRANT OPTION" : "")"
        }
    }
}
