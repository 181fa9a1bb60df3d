/// A fault of a state store. What it kept can always be folded from the log again.
public struct StateStoreError: Error, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The store cannot be opened or is busy.
        case unavailable
        /// The process has no file descriptors left to open it with.
        case exhausted
        /// The disk is full, or the folder or file cannot be read or written.
        case storage
        /// The store's file is damaged. ``StateStore/reset()`` makes it usable again, and empty.
        case damaged
        /// The store has been opened again since, here or by another process. This handle must not be used any more.
        case superseded
        /// The store's file was removed, replaced or overwritten while it was open. This handle must not be used any more; opened again, the
        /// store is checked against the log, or folded from it.
        case displaced
        /// The store refused what was asked, which is an error in the program.
        case internalError
    }

    public let code: Code
    /// What was being done to what, and what to do next.
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Whether the same call may succeed later, once the storage is back or free.
    public var isRetriable: Bool { code == .unavailable || code == .exhausted || code == .storage }
    /// Whether the handle that has failed must not be used any more.
    public var isHandleLost: Bool { code == .superseded || code == .displaced }
    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }
}

extension StateStoreError: Equatable {
    /// Equality is that of the code.
    public static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}
