import CLibPQ

/// libpq's connection options, as a connection string names them ("Parameter Key Words", 34.1.2 of the manual), with defaults for those that
/// a long-lived program needs and the string, the environment and the service file do not set.
struct ConnectionSettings: Sendable {
    /// One of the servers to try.
    struct Host: Hashable, Sendable {
        /// Nil, as each of these, where libpq's default holds.
        var name: String?
        var address: String?
        var port: String?
    }

    let options: [String: String]
    /// The servers to try one after the other, one at least.
    let hosts: [Host]
    /// How long one of the hosts may take to answer.
    let connectTimeout: Duration

    /// - Throws: ``PostgresError`` `connectionString`, whose message holds nothing of the string that could be a secret.
    init(connectionString: String, applicationName: String) throws(PostgresError) {
        guard !connectionString.utf8.contains(0) else {
            throw PostgresError(.connectionString, "the connection string has a NUL character")
        }
        try Self.checkAddress(connectionString)
        var options = try Self.parse(connectionString)
        if let port = options["port"], port.contains(where: { !$0.isNumber && $0 != "," && $0 != " " }) {
            throw PostgresError(.connectionString, "the connection string's port is no number: percent-encode : / and @ in a password")
        }
        let environment = Self.environment()
        // libpq takes a connection string in the place of a name for another one, and would tell all of it as the name of a database.
        if let name = options["dbname"] ?? environment["dbname"], name.contains("://") || name.contains("=") {
            throw PostgresError(
                .connectionString, "the connection string's dbname is another connection string: give that one in its place")
        }
        func setDefault(_ name: String, _ value: String) {
            if options[name] == nil && environment[name] == nil { options[name] = value }
        }
        setDefault("fallback_application_name", applicationName)
        // A service file's settings are known to libpq alone, and would be overridden.
        if options["service"] == nil {
            // A peer that is gone without a word is noticed within a minute.
            setDefault("keepalives_idle", "30")
            setDefault("keepalives_interval", "10")
            setDefault("keepalives_count", "3")
            setDefault("tcp_user_timeout", "60000")
        }
        options["client_encoding"] = "UTF8"
        // As libpq has it: 0 is for ever, and less than 2 is taken for 2.
        let seconds = (options["connect_timeout"] ?? environment["connect_timeout"]).flatMap { Int($0) } ?? 10
        connectTimeout = seconds <= 0 ? .seconds(86_400) : .seconds(max(2, seconds))
        hosts = Self.hosts { options[$0] ?? environment[$0] }
        self.options = options
    }

    /// libpq's lists: as many hosts as names or addresses, and one port for all or one for each.
    private static func hosts(_ value: (String) -> String?) -> [Host] {
        func list(_ name: String) -> [String?] {
            (value(name) ?? "").split(separator: ",", omittingEmptySubsequences: false).map { $0.isEmpty ? nil : String($0) }
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        return (0..<max(names.count, addresses.count)).map { index in
            Host(
                name: index < names.count ? names[index] : nil, address: index < addresses.count ? addresses[index] : nil,
                port: ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : nil)
        }
    }

    /// The options with these of the hosts alone.
    func options(for hosts: [Host]) -> [String: String] {
        guard hosts != self.hosts else { return options }
        var options = options
        func set(_ name: String, _ values: [String?]) {
            options[name] = values.contains { $0 != nil } ? values.map { $0 ?? "" }.joined(separator: ",") : nil
        }
        set("host", hosts.map(\.name))
        set("hostaddr", hosts.map(\.address))
        set("port", hosts.map(\.port))
        return options
    }

    /// Where it connects to, without user and password.
    var description: String {
        let environment = Self.environment()
        let host = options["host"] ?? options["hostaddr"] ?? environment["host"] ?? "the local socket"
        let port = options["port"] ?? environment["port"]
        let database = options["dbname"] ?? environment["dbname"]
        return host + (port.map { ":\($0)" } ?? "") + (database.map { "/\($0)" } ?? "")
    }

    /// A `/` or `@` in a password would make libpq take the rest of it for a host or a database, and name that in its messages.
    private static func checkAddress(_ text: String) throws(PostgresError) {
        guard let scheme = ["postgres://", "postgresql://"].first(where: text.hasPrefix) else { return }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(authority.count).prefix { $0 != "?" }
        if authority.filter({ $0 == "@" }).count > 1 || path.contains("@") {
            throw PostgresError(
                .connectionString, "the connection string has an @ too many: percent-encode : / and @ in a user name or password")
        }
    }

    private static func parse(_ text: String) throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            let reason = message.map { String(cString: $0) } ?? "memory is short"
            throw PostgresError(.connectionString, "the connection string is not valid: \(sanitized(reason))")
        }
        defer { PQconninfoFree(parsed) }
        return values(parsed)
    }

    /// libpq quotes what it does not understand, which can be a piece of a password: an unknown option's name is told, and nothing else.
    private static func sanitized(_ reason: String) -> String {
        // A translation may have other quotes.
        guard let quote = reason.firstIndex(where: { $0 == "\"" || !$0.isASCII }) else { return reason.trimmedLines }
        if reason.hasPrefix("invalid connection option") || reason.hasPrefix("invalid URI query parameter") {
            let name = reason[quote...].dropFirst().prefix { $0.isASCII && ($0.isLowercase || $0 == "_") }
            if reason[name.endIndex...].first == "\"" { return "there is no option '\(name)'" }
        }
        if reason.hasPrefix("missing \"=\"") { return "it is neither a URI (postgresql://…) nor a list of name=value" }
        let beginning = reason[..<quote].drop { $0 == " " }
        return "\(beginning.split(whereSeparator: \.isWhitespace).joined(separator: " ")) … (percent-encode special characters in a URI)"
    }

    /// What libpq's environment variables set, and its own defaults.
    private static func environment() -> [String: String] {
        guard let defaults = PQconndefaults() else { return [:] }
        defer { PQconninfoFree(defaults) }
        return values(defaults)
    }

    private static func values(_ first: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = first
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }
}
