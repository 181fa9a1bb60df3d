import EventLog
import EventModel
import GRDB
import HighwaterTesting
import ReadModel
import Testing

@testable import SQLiteReadModel

/// The engine's own tables from one version to the next.
@Suite(.timeLimit(.minutes(5))) struct SQLiteLayoutTests {
    private static let next = "ALTER TABLE highwater_generations ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"

    private func withOldFile(_ body: (String, SampleSystem) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let store = try await SQLiteReadModelStore.open(path: path)
            let system = try await SampleSystem(store)
            try await system.fill(50)
            _ = try await system.rebuild(SampleLedger.accounts).run()
            await store.close()
            try await body(path, system)
        }
    }

    @Test func aFileIsUpgradedInPlaceAndOnce() async throws {
        try await withOldFile { path, _ in
            let queue = try DatabaseQueue(path: path)
            let before = try queue.read { try Row.fetchAll($0, sql: "SELECT * FROM accounts") }
            for _ in 0..<2 {
                try await queue.write { try SQLiteLayout.migrate($0, path: path, steps: SQLiteLayout.steps + [Self.next]) }
            }
            let (version, note, after) = try queue.read { db in
                (
                    try Int.fetchAll(db, sql: "SELECT version FROM highwater_layout"),
                    try String.fetchOne(db, sql: "SELECT note FROM highwater_generations"),
                    try Row.fetchAll(db, sql: "SELECT * FROM accounts")
                )
            }
            #expect(version == [SQLiteLayout.steps.count + 1] && note == "none" && after == before && !after.isEmpty)
            // The older program keeps away from it.
            let error = await #expect(throws: ReadModelError.self) { _ = try await SQLiteReadModelStore.open(path: path) }
            #expect(error?.code == .incompatibleLayout && error?.message.contains("newer program") == true)
        }
    }

    @Test func whoeverOnlyLooksUpgradesNothing() async throws {
        try await withOldFile { path, _ in
            let queue = try DatabaseQueue(path: path)
            try await queue.read { try SQLiteLayout.check($0, path: path) }
            let older = await #expect(throws: ReadModelError.self) {
                try await queue.read { try SQLiteLayout.check($0, path: path, steps: SQLiteLayout.steps + [Self.next]) }
            }
            #expect(older?.code == .incompatibleLayout && older?.message.contains("bring it up to date") == true)
            let newer = await #expect(throws: ReadModelError.self) {
                try await queue.read { try SQLiteLayout.check($0, path: path, steps: SQLiteLayout.steps.dropLast()) }
            }
            #expect(newer?.code == .incompatibleLayout && newer?.message.contains("newer program") == true)
        }
    }

    @Test func anUpgradeThatFailsChangesNothing() async throws {
        try await withOldFile { path, system in
            let queue = try DatabaseQueue(path: path)
            await #expect(throws: DatabaseError.self) {
                try await queue.write {
                    try SQLiteLayout.migrate($0, path: path, steps: SQLiteLayout.steps + [Self.next, "CREATE TABLE nonsense ("])
                }
            }
            let store = try await SQLiteReadModelStore.open(path: path)
            #expect(try await system.verification(SampleLedger.accounts, store: store).run().isEqual)
            await store.close()
        }
    }
}
