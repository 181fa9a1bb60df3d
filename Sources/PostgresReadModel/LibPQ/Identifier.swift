/// Names in SQL. This is the only way that a name becomes part of a statement; values never do.
enum Identifier {
    /// In double quotes, those within doubled ("Identifiers and Key Words", 4.1.1 of the manual).
    ///
    /// - Throws: ``PostgresError`` for a name that PostgreSQL has no form for: empty, with NUL, or longer than 63 bytes, beyond which it
    ///   would be cut, and two names could become one.
    static func quoted(_ name: String) throws(PostgresError) -> String {
        guard !name.isEmpty, !name.utf8.contains(0), name.utf8.count <= 63 else {
            throw PostgresError(.name, "the name '\(name.prefix(80))' is empty, has a NUL character or is longer than 63 bytes")
        }
        var quoted = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append("\"") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
