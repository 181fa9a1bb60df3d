/// A fault of a log. Never a conflict or a refusal: those are values.
public struct LogError: Error, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The log cannot be reached or opened.
        case unavailable
        case timedOut
        /// The storage is full or cannot be written. Of an append: this record is certainly not stored, nor is any later one of its
        /// producer.
        case storage
        /// What this process has open is not any more what stands at the log's place: it was removed, replaced or overwritten. Nothing that
        /// is stored now would be found again. An append is as certainly not stored as with ``storage``.
        case displaced
        case topicMissing
        case topicExists
        case partitionOutOfRange
        case recordTooLarge
        /// What was read before is not there any more: the log was truncated, recreated or has lost its beginning.
        case truncated
        /// A record is in the log that cannot be read.
        case corrupt
        /// The topic is not set up as the log's laws need it.
        case misconfigured
        /// The producer, reader or log was closed.
        case closed
    }

    public let code: Code
    /// What was being done to what, and what to do next: "cannot append to ordering/7: the disk is full; free space and send it again".
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Whether the same call may succeed later without anyone mending anything.
    public var isRetriable: Bool { code == .unavailable || code == .timedOut || isOutage }
    /// Of a failed append: whether the outcome is known, and is that nothing was stored.
    public var isCertainlyNotStored: Bool { isOutage || code == .recordTooLarge }
    /// Whether the log itself says that it stores nothing at present: waiting for a better answer is of no use.
    public var isOutage: Bool { code == .storage || code == .displaced }
    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }
}

extension LogError: Equatable {
    /// Equality is that of the code.
    public static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}
