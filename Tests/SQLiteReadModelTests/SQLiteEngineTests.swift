import EventLog
import EventModel
import GRDB
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

/// The engine on the real store.
@Suite struct SQLiteEngineTests {
    @Test(.timeLimit(.minutes(3)), arguments: ReadModelEngineConformance.laws)
    func keeps(_ law: ReadModelEngineLaw) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            try await law.check(
                ReadModelEngineHarness(
                    open: { try await SQLiteReadModelStore.open(path: path) },
                    close: { await ($0 as? SQLiteReadModelStore)?.close() },
                    execute: { sql in try await DatabaseQueue(path: path).write { try $0.execute(sql: sql) } }))
        }
    }

    /// Both stores, fed from one log, answer alike.
    @Test func answersAsTheStoreInMemoryDoes() async throws {
        try await withTemporaryFolder { folder in
            let sqlite = try await SQLiteReadModelStore.open(path: folder + "/views.sqlite")
            let memory = InMemoryReadModelStore()
            let system = try await SampleSystem(sqlite)
            try await system.fill(500)
            for projection in [SampleLedger.accounts, SampleLedger.digits] {
                _ = try await system.rebuild(projection).run()
                _ = try await system.rebuild(projection, store: memory).run()
                let query = RowQuery(after: "1", limit: 7)
                let (a, b) = (
                    try await sqlite.rows(of: projection.id.name, matching: query),
                    try await memory.rows(of: projection.id.name, matching: query)
                )
                #expect(a.value == b.value && a.positions == b.positions && !a.value.isEmpty)
            }
            await sqlite.close()
        }
    }
}
