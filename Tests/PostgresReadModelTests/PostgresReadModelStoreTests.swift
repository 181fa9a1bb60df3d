import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct PostgresReadModelStoreTests {
    @Test(arguments: ReadModelStoreConformance.laws)
    func keeps(_ law: ReadModelStoreLaw) async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            try await law.check(store)
            await store.close()
        }
    }
}
