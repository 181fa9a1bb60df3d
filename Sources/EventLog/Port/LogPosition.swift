/// A record's place in the log as callers see it, written `ordering/7@12345`.
public struct LogPosition: Hashable, Sendable, CustomStringConvertible {
    public let partition: TopicPartition
    public let offset: Offset

    public init(_ partition: TopicPartition, _ offset: Offset) {
        self.partition = partition
        self.offset = offset
    }

    /// Nil unless `text` is `topic/partition@offset`.
    public init?(_ text: some StringProtocol) {
        guard let at = text.lastIndex(of: "@"), let slash = text[..<at].lastIndex(of: "/"), slash != text.startIndex,
            let number = Self.number(text[text.index(after: slash)..<at]), let partition = Int32(exactly: number),
            let offset = Self.number(text[text.index(after: at)...])
        else { return nil }
        self.init(TopicPartition(Topic(String(text[..<slash])), Partition(partition)), Offset(offset))
    }

    public var description: String { "\(partition)@\(offset)" }

    /// Digits alone: Swift's own parsing would admit a sign.
    private static func number(_ text: some StringProtocol) -> Int64? {
        text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? Int64(text) : nil
    }
}
