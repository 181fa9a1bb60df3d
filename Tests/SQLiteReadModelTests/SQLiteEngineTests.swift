import GRDB
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

/// The engine on the real store.
@Suite struct SQLiteEngineTests {
    @Test(.timeLimit(.minutes(5)), arguments: ReadModelEngineConformance.laws)
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
}
