/// Where read models are kept.
public enum ReadModelLocation: Hashable, Sendable {
    /// A SQLite file.
    case sqlite(path: String)
    /// A Postgres database, as a libpq connection URI. May hold a password: log ``description``, never this.
    case postgres(connectionString: String)

    init(parsing text: String) throws(InvalidValue) {
        if let path = try SQLitePath.parse(text) {
            self = .sqlite(path: path)
            return
        }
        guard let scheme = ["postgres://", "postgresql://"].first(where: text.hasPrefix) else {
            throw InvalidValue("it begins with neither sqlite: nor postgres://")
        }
        guard !text.contains(where: { $0.isWhitespace || $0 == "#" }) else {
            throw InvalidValue("it has a blank or a #; percent-encode them")
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let afterAuthority = rest.dropFirst(authority.count)
        let path = afterAuthority.prefix { $0 != "?" }
        let query = afterAuthority.dropFirst(path.count)
        let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        if hosts.isEmpty {
            guard query.contains("host=") else { throw InvalidValue("the host is missing") }
        } else {
            for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
                do {
                    _ = try HostPort(parsing: host, defaultPort: 5432)
                } catch {
                    throw InvalidValue("\(error.what) (percent-encode : / @ and , in a user name or password)")
                }
            }
        }
        guard path.count > 1, !path.dropFirst().contains("/") else { throw InvalidValue("the database is missing: /NAME after the host") }
        self = .postgres(connectionString: text)
    }

    /// Every location of a comma-separated list, none twice.
    static func list(parsing text: String) throws(InvalidValue) -> [ReadModelLocation] {
        var locations: [ReadModelLocation] = []
        for entry in split(text) {
            guard !entry.isEmpty else { throw InvalidValue("an entry of the list is empty") }
            let location = try ReadModelLocation(parsing: entry)
            guard !locations.contains(location) else { throw InvalidValue("an entry is listed twice") }
            locations.append(location)
        }
        return locations
    }

    /// Splits at commas, except those between the hosts of one Postgres URI (or in its password), which come before its path.
    static func split(_ text: String) -> [String] {
        var entries: [String] = []
        var current = ""
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            current += part
            guard index + 1 < parts.count else { break }
            let next = parts[index + 1].trimmed()
            let startsEntry = ["sqlite:", "postgres:", "postgresql:"].contains { next.hasPrefix($0) }
            let isInAuthority =
                current.firstRange(of: "://").map { !current[$0.upperBound...].contains { $0 == "/" || $0 == "?" } } ?? false
            if isInAuthority && !startsEntry && !current.trimmed().hasPrefix("sqlite:") {
                current += ","
            } else {
                entries.append(String(current.trimmed()))
                current = ""
            }
        }
        entries.append(String(current.trimmed()))
        return entries
    }
}

extension ReadModelLocation: CustomStringConvertible {
    /// Without passwords.
    public var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let connectionString): SecretMask.postgres(connectionString)
        }
    }
}

extension ReadModelLocation: CustomDebugStringConvertible {
    public var debugDescription: String { description }
}
