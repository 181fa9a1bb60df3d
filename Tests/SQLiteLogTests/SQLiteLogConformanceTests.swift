import EventLog
import HighwaterTesting
import SQLiteLog
import Testing

@Suite struct SQLiteLogConformanceTests {
    @Test(.timeLimit(.minutes(5)), arguments: EventLogConformance.laws)
    func keeps(_ law: EventLogLaw) async throws {
        let folder = try TemporaryFolder()
        try await law.check(
            EventLogHarness(
                open: { try await SQLiteLog(path: folder.file()) },
                reopen: { log in
                    await (log as? SQLiteLog)?.close()
                    return try await SQLiteLog(path: folder.file())
                },
                close: { await ($0 as? SQLiteLog)?.close() }))
    }
}
