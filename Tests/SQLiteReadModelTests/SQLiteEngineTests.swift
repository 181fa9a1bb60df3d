import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import SQLiteReadModel
import Testing

/// The engine on the real store.
@Suite(.timeLimit(.minutes(2))) struct SQLiteEngineTests {
    @Test func rebuildsUnderLoadWithoutAFailedOrStaleQuery() async throws {
        try await withTemporaryFolder { folder in
            let store = try await SQLiteReadModelStore.open(path: folder + "/views.sqlite")
            let system = try await SampleSystem(store)
            for projection in [SampleLedger.accounts, SampleLedger.digits] { try await system.prepare(projection) }
            try await system.fill(2000, accounts: 300)
            let queries = system.queries(SampleLedger.accounts, SampleLedger.digits)
            try await system.running(system.runner(SampleLedger.accounts), system.runner(SampleLedger.digits)) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var next = 2000
                        while !Task.isCancelled {
                            let ends = try await system.fill(50, accounts: 300, from: next)
                            next += 50
                            do {
                                _ = try await queries.positions(of: "accounts", waitFor: ends, timeout: .seconds(60))
                            } catch is CancellationError { return }
                        }
                    }
                    for name in ["accounts", "deposits-by-digit"] {
                        group.addTask {
                            var last: [Partition: ChainPosition] = [:]
                            while !Task.isCancelled {
                                let positions: [Partition: ChainPosition]
                                do {
                                    positions = try await queries.rows(of: name, limit: "10").positions.positions
                                } catch is CancellationError { return }
                                for (partition, position) in positions {
                                    #expect(position.offset >= last[partition]?.offset ?? Offset(-1), "a query went back")
                                }
                                last = positions
                            }
                        }
                    }
                    for projection in [SampleLedger.accounts, SampleLedger.digits, SampleLedger.accounts] {
                        let result = try await system.rebuild(projection, .init(memory: 200_000)).run()
                        #expect(result.outcome == .swapped && result.verification?.isEqual == true)
                    }
                    group.cancelAll()
                    do { try await group.waitForAll() } catch is CancellationError {}
                }
                let end = try await system.writer.append("account/1", SampleLedger.encode(.deposited(1)))
                for name in ["accounts", "deposits-by-digit"] {
                    _ = try await queries.positions(of: name, waitFor: [end], timeout: .seconds(60))
                }
            }
            #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
            #expect(try await system.verification(SampleLedger.digits, memory: 0).run().isEqual)
            await store.close()
        }
    }

    /// Both stores, fed from one log, answer alike.
    @Test func answersAsTheStoreInMemoryDoes() async throws {
        try await withTemporaryFolder { folder in
            let sqlite = try await SQLiteReadModelStore.open(path: folder + "/views.sqlite")
            let memory = InMemoryReadModelStore()
            let system = try await SampleSystem(sqlite)
            try await system.fill(500)
            for projection in [SampleLedger.accounts, SampleLedger.digits] {
                _ = try await system.rebuild(projection).run()
                _ = try await system.rebuild(projection, store: memory).run()
                let query = RowQuery(after: "1", limit: 7)
                let (a, b) = (
                    try await sqlite.rows(of: projection.id.name, matching: query),
                    try await memory.rows(of: projection.id.name, matching: query)
                )
                #expect(a.value == b.value && a.positions == b.positions && !a.value.isEmpty)
            }
            await sqlite.close()
        }
    }

    /// Two programs on one file, each with a connection of its own.
    @Test func twoProcessesOnOneFileCountEverythingOnce() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/views.sqlite"
            let one = try await SQLiteReadModelStore.open(path: path)
            let two = try await SQLiteReadModelStore.open(path: path)
            var system = try await SampleSystem(one)
            system.options.batchBytes = 2000
            try await system.prepare(SampleLedger.digits)
            let queries = system.queries(SampleLedger.digits)
            try await system.running(system.runner(SampleLedger.digits), system.runner(SampleLedger.digits, store: two)) { [system] in
                let ends = try await system.fill(600)
                _ = try await queries.positions(of: "deposits-by-digit", waitFor: ends, timeout: .seconds(60))
            }
            #expect(try await system.verification(SampleLedger.digits).run().isEqual)
            await one.close()
            await two.close()
        }
    }
}
