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
            let number = Int32(text[text.index(after: slash)..<at]), number >= 0,
            let offset = Int64(text[text.index(after: at)...]), offset >= 0
        else { return nil }
        self.init(TopicPartition(Topic(String(text[..<slash])), Partition(number)), Offset(offset))
    }

    public var description: String { "\(partition)@\(offset)" }
}
