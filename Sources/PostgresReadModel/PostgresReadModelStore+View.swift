import EventModel
import ReadModel

/// The view with the projection's plain name, which others read.
extension PostgresReadModelStore {
    /// The name of a generation's view, with its schema, quoted.
    private func view(_ session: PostgresSession, of generation: Generation) throws -> String {
        let rows = try session.run(
            "SELECT view_schema FROM \(catalog.schema).projections WHERE name = $1", [.text(generation.schema.projection.name)])
        return "\(try Identifier.quoted(rows.text(0, 0))).\(try Identifier.quoted(generation.schema.viewName))"
    }

    /// Points the view with the plain name at the generation.
    func showInView(_ session: PostgresSession, _ generation: Generation) throws {
        let table = try PostgresTable(generation, catalog)
        let view = try view(session, of: generation)
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

    // MARK: Who keeps it

    /// The error for a swap that others' transactions on the view keep from being made, each named as far as the role may see.
    func blocked(_ generation: Generation, _ session: PostgresSession) throws -> ReadModelError {
        let view = try view(session, of: generation)
        let rows = try session.run(
            """
            SELECT DISTINCT a.pid, a.application_name, a.usename::text, a.state, host(a.client_addr),
              (extract(epoch FROM a.xact_start) * 1000000)::bigint
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() AND l.relation = to_regclass($1)
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND a.state IS DISTINCT FROM 'idle'
            ORDER BY 6 LIMIT 5
            """, [.text(view)])
        let sessions = (0..<rows.count).map { row -> String in
            guard let pid = rows.optionalNumber(row, 0) else { return "a prepared transaction" }
            let facts = [
                rows.optionalText(row, 1).flatMap { $0.isEmpty ? nil : $0 }, rows.optionalText(row, 2).map { "user \($0)" },
                rows.optionalText(row, 4).map { "from \($0)" }, rows.optionalText(row, 3),
                rows.optionalNumber(row, 5).map { "since \(Timestamp(microseconds: $0))" },
            ]
            return "pid \(pid) (\(facts.compactMap { $0 }.joined(separator: ", ")))"
        }
        guard !sessions.isEmpty else {
            return ReadModelError(
                .blocked, "\(generation) is ready, and waits for transactions on the view \(view), or for workers' batches")
        }
        let pid = rows.optionalNumber(0, 0)
        return ReadModelError(
            .blocked,
            "\(generation) is ready, and waits for transactions that have read the view \(view) and not ended: "
                + sessions.joined(separator: "; ")
                + (pid.map { "; end them, as by SELECT pg_terminate_backend(\($0))" } ?? "; end them"))
    }
}
