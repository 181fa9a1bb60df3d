import EventLog

/// Whether a live read model is what the log says.
public struct VerificationResult: Codable, Sendable {
    public let projection: String
    public let version: Int
    public let store: String
    public let generation: Int
    /// Rows that there should be.
    public let rows: Int64
    public let partitions: [PartitionVerification]
    /// The first of the differing rows, in key order.
    public let differences: [RowDifference]
    /// How many rows differ in all.
    public let differenceCount: Int
    public let seconds: Double

    public var isEqual: Bool { differenceCount == 0 }

    init(
        _ found: RowComparison.Found, schema: TableSchema, store: String, generation: Int, positions: [Partition: ChainPosition],
        seconds: Double
    ) {
        projection = schema.projection.name
        version = schema.projection.version
        self.store = store
        self.generation = generation
        rows = found.expected.values.reduce(0) { $0 + $1.rows }
        partitions = positions.sorted { $0.key < $1.key }.map { partition, position in
            PartitionVerification(
                partition: partition.rawValue, offset: position.offset.rawValue, rows: found.expected[partition]?.rows ?? 0,
                expected: Self.hex(found.expected[partition]?.checksum ?? 0), actual: Self.hex(found.actual[partition]?.checksum ?? 0))
        }
        differences = found.differences
        differenceCount = found.differenceCount
        self.seconds = seconds
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// One partition's rows, as checksums at one position.
public struct PartitionVerification: Codable, Sendable {
    public let partition: Int32
    /// The last record that both are the fold of; -1 before the first.
    public let offset: Int64
    /// How many rows there should be.
    public let rows: Int64
    /// Checksums, 16 hexadecimal digits, whatever the order of the rows.
    public let expected: String
    public let actual: String

    public var isEqual: Bool { expected == actual }
}

/// A row that is not what the log says.
public struct RowDifference: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Sendable {
        /// The table lacks it.
        case missing
        /// The table has it and should not.
        case unexpected
        case different
    }

    /// Which partition keeps the row.
    public let partition: Int32
    public let key: String
    public let kind: Kind
    /// The row as the log has it, as JSON text.
    public let expected: String?
    /// The row as the table has it, as JSON text.
    public let actual: String?
}
