public import EventLog

extension Topic {
    /// The compacted topic in which the owners of this one's partitions announce themselves: `ordering.owners`.
    public var owners: Topic { Topic("\(name).owners") }
}
