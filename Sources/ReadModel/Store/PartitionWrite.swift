public import EventLog

/// A partition's position before and after a batch: set to `new` only where `expected` is stored.
public struct PositionMove: Hashable, Sendable {
    public let partition: Partition
    public let expected: ChainPosition
    public let new: ChainPosition

    public init(partition: Partition, expected: ChainPosition, new: ChainPosition) {
        self.partition = partition
        self.expected = expected
        self.new = new
    }
}

/// What a batch of records changed in the rows that one partition keeps.
public struct PartitionWrite: Sendable {
    public let move: PositionMove
    /// In key order, each key once.
    public let upserts: [StoredRow]
    /// Keys whose rows are no more, none of them among the upserts.
    public let deletes: [String]

    public init(move: PositionMove, upserts: [StoredRow], deletes: [String] = []) {
        self.move = move
        self.upserts = upserts
        self.deletes = deletes
    }

    public var partition: Partition { move.partition }
}

/// A row and the partition that keeps it.
public struct PartitionRow: Hashable, Sendable {
    public let partition: Partition
    public let row: StoredRow

    public init(partition: Partition, row: StoredRow) {
        self.partition = partition
        self.row = row
    }
}

/// Rows to be loaded, made as they are taken, so that they need not all be in memory. For one task at a time.
public protocol KeyOrderedRows: AnyObject, Sendable {
    /// The next rows, in order of key and then partition; empty after the last. Does not block.
    func next() throws -> [PartitionRow]
}
