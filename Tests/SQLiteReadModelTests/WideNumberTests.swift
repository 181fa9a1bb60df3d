import EventLog
import EventModel
import Foundation
import GRDB
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

/// Numbers beyond 64 bits as other programs see them: an INTEGER where 64 bits hold it, else TEXT of its digits.
@Suite(.timeLimit(.minutes(5))) struct WideNumberTests {
    /// What two partitions have.
    private static let pairs: [(Int128, Int128)] = {
        let unit: Int128 = 1_000_000_000_000_000_000
        let (most, least) = (Int128(Int64.max), Int128(Int64.min))
        let (nine, ten, large, uneven): (Int128, Int128, Int128, Int128) = (9 * unit, 10 * unit, most * unit, 123_456_789 * unit + 5)
        var pairs: [(Int128, Int128)] = [(0, 0), (1, 2), (-1, 1), (most, 0), (most, 1), (most, most), (least, 0), (least, -1)]
        pairs += [(least, least), (most, least), (nine, most - nine), (nine, most - nine + 1), (ten, 0), (ten, -1), (-ten, 0)]
        pairs += [(-ten, 1), (-ten, -1), (-ten, ten + least), (large, -1), (-large, 1), (uneven, -1_000_000_006)]
        pairs += [(-uneven, 1_000_000_006), (unit - 1, 1), (-unit, 1), (12 * unit, 34), (20 * unit, -ten)]
        return pairs
    }()

    private static func key(_ index: Int) -> String { String(format: "%03d", index) }

    private static func write(_ partition: Int32, _ rows: [StoredRow]) -> PartitionWrite {
        PartitionWrite(
            move: PositionMove(
                partition: Partition(partition), expected: .beginning,
                new: ChainPosition(offset: Offset(1), chain: ChainRule(epoch: Epoch(1)))),
            upserts: rows)
    }

    /// A view's column as text, and the types of its values.
    private func column(_ name: String, of view: String, by key: String, in path: String) throws -> (texts: [String], types: [String]) {
        try DatabaseQueue(path: path).read { db in
            (
                try String.fetchAll(db, sql: "SELECT CAST(\(name) AS TEXT) FROM \(view) ORDER BY \(key)"),
                try String.fetchAll(db, sql: "SELECT typeof(\(name)) FROM \(view) ORDER BY \(key)")
            )
        }
    }

    private func expect(_ column: (texts: [String], types: [String]), _ numbers: [Int128]) {
        #expect(column.texts == numbers.map { "\($0)" })
        #expect(column.types == numbers.map { Int64(exactly: $0) == nil ? "text" : "integer" })
    }

    @Test func aSumOverPartitionsHasAllItsDigits() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let live = try await store.createGeneration(SampleLedger.wideDigits.schema, topic: "ledger", partitions: 2, purpose: .first)
            var rows: [[StoredRow]] = [[], []]
            for (index, pair) in Self.pairs.enumerated() {
                rows[0].append(StoredRow(key: Self.key(index), values: [.integer(.max), .number(pair.0)]))
                rows[1].append(StoredRow(key: Self.key(index), values: [.integer(.max), .number(pair.1)]))
            }
            #expect(try await store.apply([Self.write(0, rows[0]), Self.write(1, rows[1])], to: live))
            expect(try column("total_micros", of: "deposits_by_digit", by: "digit", in: path), Self.pairs.map { $0.0 + $0.1 })
            // A column of 64 bits, of which two partitions have as much as there is room for.
            let counts = try column("count", of: "deposits_by_digit", by: "digit", in: path)
            #expect(Set(counts.texts) == ["18446744073709551614"])
            await store.close()
        }
    }

    @Test func aRowOfOnePartitionHasAllItsDigits() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let schema = TableSchema(
                projection: ProjectionID("numbers", version: 1), key: KeyColumn("id", .byStream),
                columns: [ColumnSchema(name: "number", type: .wideInteger, isNullable: false)])
            let live = try await store.createGeneration(schema, topic: "ledger", partitions: 1, purpose: .first)
            var rows: [StoredRow] = []
            for (index, pair) in Self.pairs.enumerated() { rows.append(StoredRow(key: Self.key(index), values: [.number(pair.0)])) }
            #expect(try await store.apply([Self.write(0, rows)], to: live))
            expect(try column("number", of: "numbers", by: "id", in: path), Self.pairs.map(\.0))
            // The table behind the view reads as the numbers do where 64 bits hold them.
            let small = try column("number", of: "numbers_g1 WHERE \"number*1e18\" = 0", by: "id", in: path)
            #expect(small.texts == Self.pairs.map(\.0).filter { Int64(exactly: $0) != nil }.map { "\($0)" })
            await store.close()
        }
    }
}
