import HighwaterTesting
import Testing
import WriteModel

struct StateStoreConformanceTests {
    @Test(arguments: StateStoreConformance.laws)
    func inMemoryStateStoreKeeps(_ law: StateStoreLaw) async throws {
        let stores = InMemoryStateStores()
        try await law.check(StateStoreHarness { stores })
    }
}
