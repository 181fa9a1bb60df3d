/// Hides what may be a secret before a value is shown.
enum SecretMask {
    static let mask = "***"

    /// A valid Postgres URI without the passwords of its user part and its query.
    static func postgres(_ uri: String) -> String {
        guard let start = uri.firstRange(of: "://")?.upperBound else { return mask }
        let authority = uri[start...].prefix { $0 != "/" && $0 != "?" }
        var masked = String(uri[..<start])
        if let at = authority.lastIndex(of: "@") {
            let user = authority[..<at]
            masked += user.firstIndex(of: ":").map { user[..<$0] + ":" + mask } ?? String(user)
            masked += authority[at...]
        } else {
            masked += authority
        }
        let rest = uri[authority.endIndex...]
        guard let question = rest.firstIndex(of: "?") else { return masked + rest }
        masked += rest[...question]
        masked += rest[rest.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false).map { parameter in
            guard let equals = parameter.firstIndex(of: "="), isSecret(name: String(parameter[..<equals])) else { return String(parameter) }
            return parameter[...equals] + mask
        }.joined(separator: "&")
        return masked
    }

    /// Any setting's value, valid or not. Whatever might hold credentials and is not understood is hidden whole: a wrong value may
    /// be a connection string with a slip in it, or one that went into the wrong variable.
    static func value(_ text: String) -> String {
        let entries = ReadModelLocation.split(text)
        let lowercased = text.lowercased()
        let isSuspect =
            text.contains("@") || lowercased.contains("password") || lowercased.contains("secret")
            || entries.contains { entry in
                entry.contains("://") && !["sqlite:", "kafka://", "http://", "https://"].contains { entry.hasPrefix($0) }
            }
        guard isSuspect else { return text }
        return entries.map { entry in
            switch try? ReadModelLocation(parsing: entry) {
            case .sqlite(let path)?: return "sqlite:\(path)"
            case .postgres(let connectionString)?: return postgres(connectionString)
            case nil:
                guard let scheme = ["postgres", "postgresql", "kafka", "http", "https"].first(where: { entry.hasPrefix($0 + "://") }) else {
                    return mask
                }
                return "\(scheme)://\(mask)"
            }
        }.joined(separator: ",")
    }

    /// Whether a setting or parameter of this name holds a secret: passwords, passphrases, client secrets, private keys, tokens.
    static func isSecret(name: String) -> Bool {
        let name = name.lowercased().replacing("_", with: ".")
        if name.hasSuffix(".url") || name.hasSuffix(".location") || name.hasSuffix(".file") { return false }
        return ["password", "passphrase", "secret", "credential", "jaas", "token", "key.pem", "private.key", "oauthbearer.config"]
            .contains { name.contains($0) } || name == "ssl.key"
    }
}
