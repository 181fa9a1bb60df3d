import EventLog
import EventModel
import Foundation
import GRDB
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct SQLiteReadModelStoreTests {
    @Test(arguments: ReadModelStoreConformance.laws)
    func keeps(_ law: ReadModelStoreLaw) async throws {
        try await withTemporaryFolder { folder in
            let store = try await SQLiteReadModelStore.open(path: folder + "/views.sqlite")
            try await law.check(store)
            await store.close()
        }
    }

    @Test func makesItsFolderAndKeepsWhatItHas() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/new/deeper/views.sqlite"
            let live = try await prepared(path, count: 3)
            let again = try await SQLiteReadModelStore.open(path: path)
            #expect(try await again.generations(of: "accounts") == [live])
            #expect(try await again.rows(of: "accounts", matching: RowQuery()).value.count == 3)
            #expect(try await again.livePositions(of: "accounts").positions[Partition(0)]?.offset == Offset(5))
            await again.close()
        }
    }

    /// What a person with the sqlite3 shell sees.
    @Test func theViewIsForPeople() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            _ = try await prepared(path, count: 1)
            let rows = try DatabaseQueue(path: path).read { db in
                try Row.fetchAll(db, sql: "SELECT account_id, owner, note, deposits, balance_micros, last_at FROM accounts")
            }
            #expect(rows.count == 1)
            #expect(rows[0][0] == "key-0" && rows[0][2] == nil && rows[0][4] == Int64(-7))
            #expect(rows[0][5] == "1969-12-31T23:59:59.999999Z")
        }
    }

    /// An INTEGER where 64 bits hold it, else TEXT of its digits: of one partition's row, and of what two add up to.
    @Test func theViewHasAllDigitsOfNumbersBeyond64Bits() async throws {
        let unit: Int128 = 1_000_000_000_000_000_000
        let (most, least) = (Int128(Int64.max), Int128(Int64.min))
        let (nine, ten, large, uneven): (Int128, Int128, Int128, Int128) = (9 * unit, 10 * unit, most * unit, 123_456_789 * unit + 5)
        var pairs: [(Int128, Int128)] = [
            (0, 0), (1, 2), (-1, 1), (most, 0), (most, 1), (most, most), (least, 0), (least, -1), (least, least),
        ]
        pairs += [(most, least), (nine, most - nine), (nine, most - nine + 1), (ten, 0), (ten, -1), (-ten, 0), (-ten, 1), (-ten, -1)]
        pairs += [(-ten, ten + least), (large, -1), (-large, 1), (uneven, -1_000_000_006), (-uneven, 1_000_000_006), (unit - 1, 1)]
        pairs += [(-unit, 1), (12 * unit, 34), (20 * unit, -ten)]
        let firsts = pairs.map { $0.0 }
        let seconds = pairs.map { $0.1 }
        let added = pairs.map { $0.0 + $0.1 }
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let column = ColumnSchema(name: "number", type: .wideInteger, isNullable: false)
            let schema = TableSchema(projection: ProjectionID("numbers", version: 1), key: KeyColumn("id", .byStream), columns: [column])
            let single = try await store.createGeneration(schema, topic: "ledger", partitions: 2, purpose: .first)
            let sums = try await store.createGeneration(SampleLedger.wideDigits.schema, topic: "ledger", partitions: 2, purpose: .first)
            let sumsOfFirsts = numbered(firsts) { [.integer(.max), .number($0)] }
            let sumsOfSeconds = numbered(seconds) { [.integer(.max), .number($0)] }
            #expect(try await store.apply([firstWrite(0, sumsOfFirsts), firstWrite(1, sumsOfSeconds)], to: sums))
            #expect(try await store.apply([firstWrite(0, numbered(firsts) { [.number($0)] })], to: single))
            let (totals, counts, alone) = try DatabaseQueue(path: path).read { db in
                (
                    try Row.fetchAll(db, sql: "SELECT total_micros AS n, typeof(total_micros) AS t FROM deposits_by_digit ORDER BY digit"),
                    try String.fetchAll(db, sql: "SELECT DISTINCT count FROM deposits_by_digit"),
                    try Row.fetchAll(db, sql: "SELECT number AS n, typeof(number) AS t FROM numbers ORDER BY id")
                )
            }
            expectDigits(totals, added)
            expectDigits(alone, firsts)
            #expect(counts == ["18446744073709551614"])
            await store.close()
        }
    }

    /// Rows by the numbers' places.
    private func numbered(_ numbers: [Int128], _ values: (Int128) -> [ColumnValue]) -> [StoredRow] {
        numbers.enumerated().map { StoredRow(key: String(format: "%03d", $0.offset), values: values($0.element)) }
    }

    /// What a partition writes first.
    private func firstWrite(_ partition: Int32, _ rows: [StoredRow]) -> PartitionWrite {
        let position = ChainPosition(offset: Offset(1), chain: ChainRule(epoch: Epoch(1)))
        return PartitionWrite(move: PositionMove(partition: Partition(partition), expected: .beginning, new: position), upserts: rows)
    }

    /// Columns `n` and `t` of a view: all digits, and numbers for as long as SQLite has them.
    private func expectDigits(_ rows: [Row], _ numbers: [Int128]) {
        #expect(rows.map { $0["n"] as String } == numbers.map { "\($0)" })
        #expect(rows.map { $0["t"] as String } == numbers.map { Int64(exactly: $0) == nil ? "text" : "integer" })
    }

    @Test func refusesANewerLayoutAndWhatIsNoDatabase() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            _ = try await prepared(path, count: 1)
            try await DatabaseQueue(path: path).write { db in try db.execute(sql: "UPDATE highwater_layout SET version = 99") }
            let error = await #expect(throws: ReadModelError.self) { _ = try await SQLiteReadModelStore.open(path: path) }
            #expect(error?.code == .incompatibleLayout && error?.message.contains("99") == true)
            let text = folder + "/text.sqlite"
            try Data(String(repeating: "no database ", count: 1000).utf8).write(to: URL(filePath: text))
            let other = await #expect(throws: ReadModelError.self) { _ = try await SQLiteReadModelStore.open(path: text) }
            #expect(
                other?.code == .incompatibleLayout && other?.message.contains("no SQLite database") == true, "\(String(describing: other))")
        }
    }

    @Test func readOnlyItMakesAndChangesNothing() async throws {
        try await withTemporaryFolder { folder in
            // Nothing, an empty file, somebody else's.
            try Data().write(to: URL(filePath: folder + "/empty.sqlite"))
            try await DatabaseQueue(path: folder + "/other.sqlite").write { db in try db.execute(sql: "CREATE TABLE other (x)") }
            let other = try Data(contentsOf: URL(filePath: folder + "/other.sqlite"))
            for name in ["new/views.sqlite", "empty.sqlite", "other.sqlite"] {
                let error = await #expect(throws: ReadModelError.self) {
                    _ = try await SQLiteReadModelStore.open(path: folder + "/" + name, readOnly: true)
                }
                #expect(error?.code == .unavailable && error?.message.contains("no read model at '\(folder)/\(name)'") == true)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["empty.sqlite", "other.sqlite"])
            #expect(try Data(contentsOf: URL(filePath: folder + "/empty.sqlite")).isEmpty)
            #expect(try Data(contentsOf: URL(filePath: folder + "/other.sqlite")) == other)

            let path = folder + "/views.sqlite"
            let live = try await prepared(path, count: 3)
            let before = try Data(contentsOf: URL(filePath: path))
            let store = try await SQLiteReadModelStore.open(path: path, readOnly: true)
            #expect(try await store.generations(of: "accounts") == [live])
            #expect(try await store.rows(of: "accounts", matching: RowQuery()).value.count == 3)
            let rows = try await store.withSnapshot(of: live) { try await $0.rows(after: nil, limit: 10) }
            #expect(rows.count == 3)
            let error = await #expect(throws: ReadModelError.self) { try await store.hold(live, for: .seconds(1)) }
            #expect(error?.code == .storage, "\(String(describing: error))")
            await store.close()
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test func saysWhereItCannotWrite() async throws {
        try await withTemporaryFolder { folder in
            try Data().write(to: URL(filePath: folder + "/file"))
            for path in [folder + "/file/views.sqlite", folder] {
                let error = await #expect(throws: ReadModelError.self) { _ = try await SQLiteReadModelStore.open(path: path) }
                #expect(error?.code == .storage && error?.message.contains(path) == true, "\(String(describing: error))")
            }
        }
    }

    /// A full disk, as SQLite reports it: nothing changes, and once there is room the same batch takes effect.
    @Test func aFullDiskIsAClearErrorAndLosesNothing() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            try await store.limitPages(to: 40)
            let large = PartitionWrite(
                move: PositionMove(
                    partition: Partition(0), expected: .beginning, new: ChainPosition(offset: Offset(1), chain: ChainRule(epoch: Epoch(1)))),
                upserts: [row("a", owner: String(repeating: "x", count: 1_000_000))])
            let error = await #expect(throws: ReadModelError.self) { _ = try await store.apply([large], to: live) }
            #expect(error?.code == .storage && error?.message.contains("full") == true && error?.isRetriable == true)
            #expect(try await store.positions(of: live)[Partition(0)] == .beginning)
            try await store.limitPages(to: 1_000_000)
            #expect(try await store.apply([large], to: live))
            await store.close()
        }
    }

    @Test func aValueOfAnotherTypeIsNamed() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            _ = try await prepared(path, count: 1)
            try await DatabaseQueue(path: path).write { db in try db.execute(sql: "UPDATE accounts_g1 SET deposits = 'many'") }
            let store = try await SQLiteReadModelStore.open(path: path)
            let error = await #expect(throws: ReadModelError.self) { try await store.row(of: "accounts", key: "key-0") }
            #expect(error?.code == .unreadableEvent && error?.message.contains("deposits") == true)
            await store.close()
        }
    }

    @Test func filtersUseAnIndex() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            _ = try await prepared(path, count: 1)
            let plan = try await DatabaseQueue(path: path).read { db in
                try Row.fetchAll(
                    db,
                    sql: "EXPLAIN QUERY PLAN SELECT * FROM accounts_g1 WHERE account_id > 'a' AND owner IS 'b' ORDER BY account_id LIMIT 3"
                )
                .map { $0["detail"] as String }.joined()
            }
            #expect(plan.contains("accounts_g1_owner") && !plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }

    private func prepared(_ path: String, count: Int) async throws -> Generation {
        let store = try await SQLiteReadModelStore.open(path: path)
        let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
        let move = PositionMove(
            partition: Partition(0), expected: .beginning,
            new: ChainPosition(offset: Offset(5), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(5))))
        #expect(try await store.apply([PartitionWrite(move: move, upserts: (0..<count).map { row("key-\($0)", owner: "o") })], to: live))
        await store.close()
        return live
    }

    private func row(_ key: String, owner: String) -> StoredRow {
        StoredRow(key: key, values: [.text(owner), .null, .integer(1), .integer(-7), .timestamp(Timestamp(microseconds: -1))])
    }
}
