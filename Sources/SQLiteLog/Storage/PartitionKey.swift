import EventLog

/// A partition's number in the file, and with it where its records are.
struct PartitionKey: Hashable, Sendable {
    static let offsetBits: Int64 = 40
    /// How many partitions a file can hold.
    static let maximumCount = 1 << 23
    /// The offsets that a partition can hold are below.
    static let maximumOffset: Int64 = 1 << offsetBits

    let number: Int64

    /// The row ids of the partition's records, whichever there are.
    var ids: Range<Int64> { number << Self.offsetBits..<(number + 1) << Self.offsetBits }

    func id(of offset: Offset) -> Int64 { ids.lowerBound + offset.rawValue }
    func offset(of id: Int64) -> Offset { Offset(id - ids.lowerBound) }
}
