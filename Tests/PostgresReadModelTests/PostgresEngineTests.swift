import EventLog
import EventModel
import HighwaterTesting
import PostgresReadModel
import ReadModel
import Testing

/// The engine on the real store.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct PostgresEngineTests {
    @Test(arguments: ReadModelEngineConformance.laws)
    func keeps(_ law: ReadModelEngineLaw) async throws {
        try await withScratchDatabase { database in
            try await law.check(
                ReadModelEngineHarness(
                    open: { try await database.open() },
                    close: { await ($0 as? PostgresReadModelStore)?.close() },
                    execute: { sql in try await database.execute("SET search_path TO highwater; " + sql) }))
        }
    }

    /// What somebody with a SQL shell sees: the laws ask through the store.
    @Test func aSwapUnderLoadNeitherFailsNorSendsBackWhoReadsTheView() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open(.init(connections: 8, patience: .seconds(300)))
            let system = try await SampleSystem(store)
            try await system.prepare(SampleLedger.digits)
            let ends = try await system.fill(500, accounts: 100)
            let queries = system.queries(SampleLedger.digits)
            try await system.running(system.runner(SampleLedger.digits)) {
                // A generation without rows is not compared with.
                _ = try await queries.positions(of: "deposits-by-digit", waitFor: ends, timeout: .seconds(600))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var next = 500
                        while !Task.isCancelled {
                            let ends = try await system.fill(20, accounts: 100, from: next)
                            next += 20
                            _ = try await queries.positions(of: "deposits-by-digit", waitFor: ends, timeout: .seconds(600))
                        }
                    }
                    group.addTask {
                        var last = 0
                        while !Task.isCancelled {
                            let deposits = try await database.query("SELECT coalesce(sum(count), 0)::text FROM deposits_by_digit")
                            let count = deposits[0][0].flatMap { Int($0) } ?? -1
                            #expect(count >= last, "the view went back")
                            last = count
                        }
                        #expect(last > 0)
                    }
                    for _ in 0..<3 {
                        let result = try await system.rebuild(SampleLedger.digits).run()
                        #expect(result.outcome == .swapped && result.verification?.isEqual == true)
                    }
                    group.cancelAll()
                    do { try await group.waitForAll() } catch is CancellationError {}
                }
            }
            #expect(try await system.verification(SampleLedger.digits).run().isEqual)
            await store.close()
        }
    }
}
