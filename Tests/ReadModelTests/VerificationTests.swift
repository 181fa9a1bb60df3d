import EventLog
import HighwaterTesting
import ReadModel
import Testing

@Suite(.timeLimit(.minutes(1))) struct VerificationTests {
    @Test(arguments: [0, 1 << 30])
    func findsRowsChangedDeletedAndAdded(_ memory: Int) async throws {
        let system = try await SampleSystem(InMemoryReadModelStore())
        try await system.prepare(SampleLedger.accounts)
        let ends = try await system.fill(200)
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(30))
        }
        #expect(try await system.verification(SampleLedger.accounts, memory: memory).run().isEqual)
        try await system.fill(50, from: 200)  // not applied: verified is what is applied
        let live = try #require(try await system.store.generations(of: "accounts").first)
        try await Drift.plant(in: live, of: system.store)
        let result = try await system.verification(SampleLedger.accounts, memory: memory).run()
        #expect(result.isEqual == false && result.differenceCount == 3)
        #expect(Set(result.differences.map(\.kind)) == [.different, .missing, .unexpected])
        let changed = try #require(result.differences.first { $0.kind == .different })
        #expect(changed.actual?.contains("\"balanceMicros\":\"-12345\"") == true && changed.expected?.contains("-12345") == false)
        #expect(result.differences.first { $0.kind == .unexpected }?.key == "ünexpected")
        #expect(result.partitions.filter { !$0.isEqual }.map(\.partition) == [changed.partition])
    }

    @Test func needsNoPause() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore())
        try await system.prepare(SampleLedger.digits)
        try await system.fill(100)
        try await system.running(system.runner(SampleLedger.digits)) {
            async let appended = system.fill(2000, from: 100)
            for _ in 0..<5 { #expect(try await system.verification(SampleLedger.digits).run().isEqual) }
            _ = try await system.queries(SampleLedger.digits).positions(
                of: "deposits-by-digit", waitFor: try await appended, timeout: .seconds(30))
            #expect(try await system.verification(SampleLedger.digits).run().isEqual)
        }
    }

    @Test func noticesAnotherLog() async throws {
        let store = InMemoryReadModelStore()
        let old = try await SampleSystem(store, partitions: 1)
        let ends = try await old.fill(60)
        try await old.prepare(SampleLedger.accounts)
        try await old.running(old.runner(SampleLedger.accounts)) {
            _ = try await old.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(30))
        }
        let new = try await SampleSystem(store, partitions: 1)
        try await new.fill(10)
        await #expect(throws: LogError(.truncated, "")) { _ = try await new.verification(SampleLedger.accounts).run() }
        await #expect(throws: ReadModelError(.unknownProjection, "")) { _ = try await new.verification(SampleLedger.digits).run() }
    }
}
