import ReadModel

/// By what a database is told from its copies: a random word in it, beside the place that the word was made for.
///
/// A dump, and a database made after another as template, carry both along. They do not carry the cluster's identifier, the database's object
/// id, or the transaction that wrote the row, which the place names: so whoever opens the copy to write gives it a word of its own. Only a copy
/// of a whole cluster's files is taken for the original.
struct PostgresIdentity {
    let session: PostgresSession
    let catalog: PostgresCatalog

    private struct Found {
        let word: String
        /// Nil for a word that an earlier version made.
        let place: String?
        /// The transaction that wrote the row, as its system column has it.
        let writtenBy: String
    }

    /// The database's word, made where there is none for it, in one transaction and by one process at a time. A role that may not write keeps
    /// the one that it finds.
    func settle() throws -> String {
        if let word = try find() { return word }
        do {
            return try session.transaction {
                try session.run([catalog.lock("identity")])
                if let word = try find() { return word }  // somebody was faster
                let word = String(UInt64.random(in: .min ... .max), radix: 36)
                try session.run("DELETE FROM \(catalog.schema).identity")
                try session.run(
                    """
                    INSERT INTO \(catalog.schema).identity (value, place)
                    VALUES ($1, $2 || '/' || (txid_current() & 4294967295)::text)
                    """, [.text(word), .text(try here())])
                return word
            }
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            return try read()?.word ?? ""
        }
    }

    /// The database's word; nil where there is none for it.
    func find() throws -> String? {
        guard let found = try read(), let place = found.place else { return nil }
        return Self.isSame(place, "\(try here())/\(found.writtenBy)") ? found.word : nil
    }

    private func read() throws -> Found? {
        let rows = try session.run("SELECT value, place, xmin::text FROM \(catalog.schema).identity")
        guard rows.count > 0 else { return nil }
        return Found(word: rows.text(0, 0), place: rows.optionalText(0, 1), writtenBy: rows.text(0, 2))
    }

    /// The cluster's identifier, or `-` where the role may not ask for it, and the database's object id.
    private func here() throws -> String {
        let database = try session.run("SELECT oid::text FROM pg_database WHERE datname = current_database()").text(0, 0)
        let maySay = try session.run("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')::int").number(0, 0) == 1
        let cluster = maySay ? try session.run("SELECT system_identifier::text FROM pg_control_system()").text(0, 0) : "-"
        return "\(cluster)/\(database)"
    }

    /// What one role was not allowed to ask is no difference.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        let (one, other) = (one.split(separator: "/"), other.split(separator: "/"))
        return one.count == other.count && zip(one, other).allSatisfy { $0 == $1 || $0 == "-" || $1 == "-" }
    }
}
