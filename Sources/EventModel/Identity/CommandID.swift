/// A command's idempotency key, 1 to 128 visible ASCII characters. The same id on the same stream is the same command: it is
/// committed once, and every repetition gets that commit for an answer.
public struct CommandID: Hashable, Sendable, CustomStringConvertible {
    public static let maximumLength = 128

    public let description: String

    /// Nil unless `text` is 1 to 128 visible ASCII characters.
    public init?(_ text: String) {
        let utf8 = text.utf8
        guard (1...Self.maximumLength).contains(utf8.count), utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        description = text
    }

    /// For text that is already known to be a command id, such as one read back from the log.
    public init(trusted text: String) { description = text }
}
