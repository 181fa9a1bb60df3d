/// `sqlite:PATH`, as the settings of log and read models write it.
enum SQLitePath {
    /// The path of `text`; nil where it does not begin with `sqlite:`.
    static func parse(_ text: String) throws(InvalidValue) -> String? {
        guard text.hasPrefix("sqlite:") else { return nil }
        var path = text.dropFirst("sqlite:".count)
        if path.hasPrefix("//") {
            // sqlite:///var/x is the URL form of an absolute path; sqlite://var/x would make `var` a host.
            guard path.hasPrefix("///") else { throw InvalidValue("two slashes follow sqlite: where a path should begin") }
            path = path.dropFirst(2)
        }
        guard !path.isEmpty else { throw InvalidValue("the path is missing") }
        guard path.last != "/" else { throw InvalidValue("the path names a folder") }
        guard !["://", ",sqlite:", ",postgres:"].contains(where: path.contains) else {
            throw InvalidValue("there is a second address where one path should be")
        }
        guard !path.contains(":memory:") else { throw InvalidValue("a database in memory would lose what it acknowledged") }
        guard !path.utf8.contains(0) else { throw InvalidValue("the path has a NUL character") }
        return String(path)
    }
}
