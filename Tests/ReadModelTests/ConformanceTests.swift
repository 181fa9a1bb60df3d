import HighwaterTesting
import ReadModel
import Testing

@Suite struct InMemoryReadModelStoreTests {
    @Test(.timeLimit(.minutes(5)), arguments: ReadModelStoreConformance.laws)
    func keeps(_ law: ReadModelStoreLaw) async throws {
        try await law.check(InMemoryReadModelStore())
    }

    @Test(.timeLimit(.minutes(5)), arguments: ReadModelEngineConformance.laws)
    func theEngineKeeps(_ law: ReadModelEngineLaw) async throws {
        let store = InMemoryReadModelStore()
        try await law.check(ReadModelEngineHarness(open: { store }))
    }
}
