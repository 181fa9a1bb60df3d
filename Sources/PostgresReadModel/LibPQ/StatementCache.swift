/// The statements that a connection's server has prepared, by their SQL.
struct StatementCache {
    /// Tables of generations come and go, and so does the SQL about them.
    static let limit = 400
    private var names: [String: String] = [:]
    private var last = 0

    /// Whether the server's are to be forgotten before the next batch: there are too many, or a table changed under one.
    private(set) var needsClearing = false

    /// The name under which the SQL is prepared, or is to be, where `isNew`.
    mutating func name(for sql: String) -> (name: String, isNew: Bool) {
        if let name = names[sql] { return (name, false) }
        last += 1
        let name = "s\(last)"
        names[sql] = name
        if names.count >= Self.limit { needsClearing = true }
        return (name, true)
    }

    mutating func remove(_ sql: String) { names[sql] = nil }
    mutating func markStale() { needsClearing = true }

    mutating func removeAll() {
        names.removeAll()
        needsClearing = false
    }
}
