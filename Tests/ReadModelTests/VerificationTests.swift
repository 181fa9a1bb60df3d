import EventLog
import HighwaterTesting
import ReadModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct VerificationTests {
    @Test func noticesAnotherLog() async throws {
        let store = InMemoryReadModelStore()
        let old = try await SampleSystem(store, partitions: 1)
        let ends = try await old.fill(60)
        try await old.prepare(SampleLedger.accounts)
        try await old.running(old.runner(SampleLedger.accounts)) {
            _ = try await old.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
        }
        let new = try await SampleSystem(store, partitions: 1)
        try await new.fill(10)
        await #expect(throws: LogError(.truncated, "")) { _ = try await new.verification(SampleLedger.accounts).run() }
        await #expect(throws: ReadModelError(.unknownProjection, "")) { _ = try await new.verification(SampleLedger.digits).run() }
    }
}
