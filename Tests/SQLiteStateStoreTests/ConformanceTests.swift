import HighwaterTesting
import SQLiteStateStore
import Testing

struct ConformanceTests {
    @Test(arguments: StateStoreConformance.laws)
    func sqliteStateStoreKeeps(_ law: StateStoreLaw) async throws {
        try await withTemporaryFolder { folder in
            try await law.check(StateStoreHarness { SQLiteStateStores(folder: folder + "/state") })
        }
    }
}
