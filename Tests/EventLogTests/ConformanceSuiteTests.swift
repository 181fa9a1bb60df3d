import EventLog
import HighwaterTesting
import Testing

/// The suite itself: a law that cannot be broken proves nothing.
@Suite struct ConformanceSuiteTests {
    @Test(.timeLimit(.minutes(5)), arguments: BrokenLog.Fault.allCases)
    func notices(_ fault: BrokenLog.Fault) async {
        var broken: [String] = []
        let harness = EventLogHarness(
            open: { BrokenLog(fault) },
            reopen: { log in
                (log as? BrokenLog)?.reopen()
                return log
            })
        for law in EventLogConformance.laws {
            do {
                try await law.check(harness)
            } catch {
                broken.append(law.name)
                // One is enough, and a broken log may make later laws wait for ever.
                break
            }
        }
        #expect(!broken.isEmpty, "no law notices a log that \(fault)")
    }

    @Test func lawsHaveNamesOfTheirOwn() {
        #expect(Set(EventLogConformance.laws.map(\.name)).count == EventLogConformance.laws.count)
    }
}
