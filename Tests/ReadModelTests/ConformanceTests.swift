import HighwaterTesting
import ReadModel
import Testing

@Suite struct InMemoryReadModelStoreTests {
    @Test(.timeLimit(.minutes(1)), arguments: ReadModelStoreConformance.laws)
    func keeps(_ law: ReadModelStoreLaw) async throws {
        try await law.check(InMemoryReadModelStore())
    }
}
