/// What a process does of an application's work.
struct Roles: OptionSet {
    let rawValue: Int

    /// Writes partitions, and answers commands and queries over HTTP.
    static let serve = Roles(rawValue: 1 << 0)
    /// Keeps read models up to date.
    static let project = Roles(rawValue: 1 << 1)
    static let all: Roles = [.serve, .project]
}
