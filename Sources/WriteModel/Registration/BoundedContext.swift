public import EventLog
public import EventModel

/// A bounded context: a topic, and the categories of streams that live in it.
public struct BoundedContext: Sendable {
    public let topic: Topic
    public let categories: [Category]

    public init(_ topic: Topic, categories: [Category]) {
        self.topic = topic
        self.categories = categories
    }

    public func category(_ name: some StringProtocol) -> Category? { categories.first { $0.name == name } }

    public func category(of stream: StreamID) -> Category? { category(stream.category) }

    /// The partition of a stream.
    public func partition(of stream: StreamID, count: Int) -> Partition {
        Partitioner.partition(forKey: stream.description.utf8, count: count)
    }

    /// Names the fold that a state store holds: another text, another fold, and the store is rebuilt.
    var foldVersion: String {
        categories.map { "\($0.name)=\($0.foldVersion)" }.sorted().joined(separator: ",")
    }
}
