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
