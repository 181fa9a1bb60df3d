import EventLog
import HighwaterTesting
import Testing

@Suite struct InMemoryLogTests {
    @Test(.timeLimit(.minutes(5)), arguments: EventLogConformance.laws)
    func keeps(_ law: EventLogLaw) async throws {
        // In memory, the log object itself is what survives a reopening.
        try await law.check(EventLogHarness(open: { InMemoryLog() }, reopen: { $0 }))
    }
}
