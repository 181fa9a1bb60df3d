import EventLog
import EventModel
import ReadModel

/// What the laws write: two schemas with a column of each kind, and shorthands.
struct ReadModelStoreProbe {
    static let topic: Topic = "probe"
    static let columns = [
        ColumnSchema(name: "text", type: .text, isNullable: false, isFilter: true, reducer: .max),
        ColumnSchema(name: "note", type: .text, isNullable: true, reducer: .min),
        ColumnSchema(name: "count", type: .integer, isNullable: false, isFilter: true, reducer: .sum),
        ColumnSchema(name: "amountMicros", type: .micros, isNullable: false, reducer: .sum),
        ColumnSchema(name: "firstAt", type: .timestamp, isNullable: true, reducer: .min),
        ColumnSchema(name: "lastAt", type: .timestamp, isNullable: true, reducer: .max),
        ColumnSchema(name: "wide", type: .wideInteger, isNullable: false, isFilter: true, reducer: .sum),
        ColumnSchema(name: "wideMicros", type: .wideMicros, isNullable: false, reducer: .sum),
    ]
    /// As much as 10^18 of the largest 64-bit amounts come to.
    static let widest = Int128(Int64.max) * 1_000_000_000_000_000_000

    static let byStream = TableSchema(
        projection: ProjectionID("probe-rows", version: 1), key: KeyColumn("rowId", .byStream), columns: columns)
    static let combined = TableSchema(
        projection: ProjectionID("probe-sums", version: 1), key: KeyColumn("group", .combined), columns: columns)

    static func row(
        _ key: String, text: String = "t", note: String? = nil, count: Int64 = 1, micros: Int64 = 0, first: Int64? = nil,
        last: Int64? = nil,
        wide: Int128 = 0
    ) -> StoredRow {
        StoredRow(
            key: key,
            values: [
                .text(text), note.map { .text($0) } ?? .null, .integer(count), .integer(micros),
                first.map { .timestamp(Timestamp(microseconds: $0)) } ?? .null,
                last.map { .timestamp(Timestamp(microseconds: $0)) } ?? .null, .number(wide), .number(-wide),
            ])
    }

    static func position(_ offset: Int64) -> ChainPosition {
        offset < 0 ? .beginning : ChainPosition(offset: Offset(offset), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(offset)))
    }

    static func write(_ partition: Int32, _ from: Int64, _ to: Int64, _ rows: [StoredRow] = [], deletes: [String] = []) -> PartitionWrite {
        PartitionWrite(
            move: PositionMove(partition: Partition(partition), expected: position(from), new: position(to)), upserts: rows,
            deletes: deletes)
    }

    /// Longer than any law takes.
    static let lease = Duration.seconds(1800)
}
