/// How an open database has come apart from what is at its path. SQLite goes on with the file that it has open, where no other process
/// and no restart finds what is stored.
package struct Displacement: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The path names no file: it was deleted or moved away.
        case missing
        /// The path names another file.
        case replaced
        /// The file is the same, and something else than SQLite has written or truncated it.
        case overwritten
    }

    package let kind: Kind
    /// The file that is concerned: the database's, or one of its write-ahead log beside it.
    package let path: String

    package init(_ kind: Kind, _ path: String) {
        self.kind = kind
        self.path = path
    }

    /// "'data/log.sqlite' was removed or moved away while it was open".
    package var description: String {
        switch kind {
        case .missing: "'\(path)' was removed or moved away while it was open"
        case .replaced: "'\(path)' was replaced by another file while it was open"
        case .overwritten: "'\(path)' was overwritten in place while it was open"
        }
    }
}
