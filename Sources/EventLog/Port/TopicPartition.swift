/// A named log of numbered partitions; one per bounded context.
public struct Topic: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let name: String

    public init(_ name: String) { self.name = name }
    public init(stringLiteral name: String) { self.name = name }

    public var description: String { name }
}

/// A partition's number, from 0.
public struct Partition: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }

    /// All partitions of a topic that has `count`.
    public static func all(of count: Int) -> [Partition] { (0..<Int32(count)).map(Partition.init) }
}

/// One ordered sequence of records, written `ordering/7`.
public struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
    public let topic: Topic
    public let partition: Partition

    public init(_ topic: Topic, _ partition: Partition) {
        self.topic = topic
        self.partition = partition
    }

    public var description: String { "\(topic)/\(partition)" }
}

/// A record's place in its partition, from 0, without gaps.
public struct Offset: Hashable, Comparable, Sendable, CustomStringConvertible {
    public static let zero = Offset(0)

    public let rawValue: Int64

    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public static func + (offset: Self, count: Int) -> Self { Self(offset.rawValue + Int64(count)) }

    public var next: Self { self + 1 }
    public var description: String { String(rawValue) }
}
