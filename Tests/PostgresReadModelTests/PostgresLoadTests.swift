import Dispatch
import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Synchronization
import Testing

@testable import PostgresReadModel

/// Loads that do not come to their end.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct PostgresLoadTests {
    private static let move = PartitionWrite.deposit(key: "", from: -1, to: 5).move

    private func building(_ store: PostgresReadModelStore) async throws -> Generation {
        try await store.createGeneration(
            SampleLedger.accounts.schema, topic: "ledger", partitions: 1,
            purpose: .rebuild(builder: "b", lease: .zero))
    }

    /// That nothing of a load is there, and that the generation can be written as if it had never been.
    private func requireUntouched(_ store: PostgresReadModelStore, _ generation: Generation) async throws {
        #expect(try await store.positions(of: generation)[Partition(0)] == .beginning)
        let rows = try await store.withSnapshot(of: generation) { try await $0.rows(after: nil, limit: 10) }
        #expect(rows.isEmpty)
        #expect(try await store.apply([.deposit(key: "a", from: -1, to: 1)], to: generation))
        #expect(try await store.apply([.deposit(key: "a", from: 1, to: 2)], to: generation), "the primary key is gone")
    }

    @Test func oneWhoseConnectionBreaksLeavesNothing() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let generation = try await building(store)
            let rows = EndlessRows { run in
                guard run == 200 else { return }
                let other = PostgresSession(
                    try ConnectionSettings(connectionString: database.url, applicationName: "test"), wakePipe: try WakePipe(),
                    logger: ScratchDatabase.logger)
                try other.connect()
                try other.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY %' AND pid <> pg_backend_pid()"
                )
                other.close()
            }
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await store.load(rows, moving: [Self.move], into: generation)
            }
            #expect(error?.code == .unavailable, "\(String(describing: error))")
            try await requireUntouched(store, generation)
            await store.close()
        }
    }

    /// As long as no row has been taken it may begin again by itself.
    @Test func oneThatMeetsADeadConnectionBeginsOnAnother() async throws {
        try await withScratchDatabase { database in
            let proxy = try LosingProxy(to: database.url)
            let store = try await PostgresReadModelStore.open(
                connectionString: proxy.url, options: .init(connections: 2), logger: ScratchDatabase.logger)
            let generation = try await building(store)
            proxy.loseNextAnswer()
            #expect(try await store.load(EndlessRows(runs: 3) { _ in }, moving: [Self.move], into: generation))
            #expect(proxy.lost == 1)
            #expect(try await database.query("SELECT count(*)::text FROM highwater.accounts_g1") == [["300"]])
            await store.close()
            proxy.stop()
        }
    }

    /// What a role may take for its queries is not meant for a load.
    @Test func oneThatIsLongIsNotTimedOut() async throws {
        try await withScratchDatabase { database in
            let before = try await database.open()
            let generation = try await building(before)
            await before.close()
            try await database.execute("ALTER DATABASE \(database.name) SET statement_timeout = '4s'")
            let store = try await database.open()
            let rows = EndlessRows(runs: 300) { run in
                guard run == 200 else { return }
                let other = PostgresSession(
                    try ConnectionSettings(connectionString: ScratchDatabase.server ?? "", applicationName: "test"),
                    wakePipe: try WakePipe(), logger: ScratchDatabase.logger)
                try other.connect()
                try other.run("SELECT pg_sleep(4.5)::text")
                other.close()
            }
            #expect(try await store.load(rows, moving: [Self.move], into: generation))
            #expect(try await store.perform("look") { session, _ in try session.run("SHOW statement_timeout").text(0, 0) } == "4s")
            await store.close()
        }
    }

    @Test func oneThatIsCancelledLeavesNothing() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let generation = try await building(store)
            let task = Mutex<Task<Bool, any Error>?>(nil)
            let (started, begin) = AsyncStream<Void>.makeStream()
            let rows = EndlessRows { run in
                if run == 200 { task.withLock { $0?.cancel() } }
            }
            task.withLock {
                $0 = Task {
                    for await _ in started { break }
                    return try await store.load(rows, moving: [Self.move], into: generation)
                }
            }
            begin.yield()
            let load = try #require(task.withLock { $0 })
            await #expect(throws: CancellationError.self) { try await load.value }
            try await requireUntouched(store, generation)
            await store.close()
        }
    }

    @Test func oneWhoseRowsFailLeavesNothing() async throws {
        struct Unreadable: Error {}
        try await withScratchDatabase { database in
            let store = try await database.open()
            let generation = try await building(store)
            let rows = EndlessRows { run in if run == 200 { throw Unreadable() } }
            await #expect(throws: Unreadable.self) { _ = try await store.load(rows, moving: [Self.move], into: generation) }
            try await requireUntouched(store, generation)
            await store.close()
        }
    }

    /// A rebuild that hangs in its load does not hold up the next one, and loads to no effect when it goes on.
    @Test func oneThatHangsIsPassedBy() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let hung = try await building(store)
            let (reached, reach) = AsyncStream<Void>.makeStream()
            let gate = DispatchSemaphore(value: 0)
            let rows = EndlessRows(runs: 300) { run in
                guard run == 200 else { return }
                reach.yield()
                gate.wait()
            }
            async let loaded = store.load(rows, moving: [Self.move], into: hung)
            for await _ in reached { break }
            let new = try await store.createGeneration(
                SampleLedger.accounts.schema, topic: "ledger", partitions: 1,
                purpose: .rebuild(builder: "c", lease: .seconds(1800)))
            gate.signal()
            #expect(try await loaded == false)
            #expect(try await store.generations(of: "accounts").map(\.number) == [2])
            try await requireUntouched(store, new)
            await store.close()
        }
    }
}

/// Runs of rows without end, or so many, with something that happens at each.
private final class EndlessRows: KeyOrderedRows {
    private let run = Mutex(0)
    private let runs: Int
    private let onRun: @Sendable (Int) throws -> Void

    init(runs: Int = .max, _ onRun: @escaping @Sendable (Int) throws -> Void) {
        self.runs = runs
        self.onRun = onRun
    }

    func next() throws -> [PartitionRow] {
        let run = run.withLock { run in
            run += 1
            return run
        }
        try onRun(run)
        guard run <= runs else { return [] }
        return (0..<100).map { number in
            PartitionRow(
                partition: Partition(0),
                row: PartitionWrite.deposit(key: String(10_000_000 + run * 1000 + number), from: -1, to: 0).upserts[0])
        }
    }
}
