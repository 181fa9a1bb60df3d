/// A fault of a read model or its store.
public struct ReadModelError: Error, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The database cannot be reached or opened.
        case unavailable
        /// The database answers, and refuses this program as it is set up: its credentials, its database, or a right. Time does not mend that.
        case refused
        /// The disk is full or the file cannot be written.
        case storage
        /// No projection of that name, or it has no live generation.
        case unknownProjection
        /// A rebuild of the projection is under way elsewhere.
        case rebuildInProgress
        /// The rebuild's generation was taken away: it was thought dead, or its rows were moved by somebody else.
        case fenced
        /// Others' transactions keep a generation from being swapped in, which is kept as it is: to be tried again later.
        case blocked
        /// There is no generation to roll back to.
        case nothingToRollBackTo
        /// A value that the database cannot hold, such as text with NUL, or a sum beyond what it can add up.
        case unsupportedValue
        /// The database's tables are of a newer version than this program, or not ours, or of a projection that was changed without
        /// raising its version.
        case incompatibleLayout
        /// An event that the projection's codec cannot read, or a stored row that its columns cannot hold.
        case unreadableEvent
        /// The read model has not reached a position in time.
        case behind
    }

    public let code: Code
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var isRetriable: Bool { code == .unavailable || code == .storage || code == .behind }
    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }
}

extension ReadModelError: Equatable {
    /// Equality is that of the code.
    public static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}

extension ReadModelError {
    /// The error for a key that several partitions have rows for, in a projection that says they do not.
    package static func keptElsewhere(_ key: String, _ schema: TableSchema) -> ReadModelError {
        ReadModelError(
            .unsupportedValue,
            "'\(schema.projection.name)': events about the key '\(key)' are in several partitions, but the projection declares its rows "
                + "`.byStream`; declare them `.combined`, or key them by stream")
    }
}

extension ReadModelError {
    /// The error for a projection that somebody else rebuilds, or was rebuilding when it was killed.
    package static func rebuilt(_ projection: String, by lease: BuildLease) -> ReadModelError {
        ReadModelError(
            .rebuildInProgress,
            "'\(projection)' is being rebuilt by \(lease.builder), which holds it until \(lease.expires) by the store's clock and renews that "
                + "while it runs; if it was killed, try again after that")
    }
}
