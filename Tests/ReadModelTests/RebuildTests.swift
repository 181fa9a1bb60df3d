import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct RebuildTests {
    private func caughtUp(_ partitions: Int = 3, commits: Int = 300) async throws -> SampleSystem {
        let system = try await SampleSystem(InMemoryReadModelStore(), partitions: partitions)
        try await system.prepare(SampleLedger.accounts)
        let ends = try await system.fill(commits)
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(30))
        }
        return system
    }

    @Test func underConcurrentAppendsAndQueriesItEndsVerifiedAndSwapped() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore())
        try await system.prepare(SampleLedger.accounts)
        try await system.fill(500)
        let queries = system.queries(SampleLedger.accounts)
        let isDone = Flag()
        try await system.running(system.runner(SampleLedger.accounts)) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var next = 500
                    while !isDone.isSet {
                        let ends = try await system.fill(20, from: next)
                        next += 20
                        _ = try await queries.positions(of: "accounts", waitFor: ends, timeout: .seconds(30))
                    }
                }
                group.addTask {
                    var last: [Partition: ChainPosition] = [:]
                    while !isDone.isSet {
                        let page = try await queries.rows(of: "accounts")
                        for (partition, position) in page.positions.positions {
                            #expect(position.offset >= last[partition]?.offset ?? .zero || last[partition] == nil, "a query went back")
                        }
                        last = page.positions.positions
                        await Task.yield()
                    }
                }
                for round in 1...3 {
                    let result = try await system.rebuild(SampleLedger.accounts, builder: "round \(round)").run()
                    #expect(result.outcome == .swapped && result.verification?.isEqual == true)
                    #expect(result.verification?.rows ?? 0 > 0 || round == 1)  // the worker may not have begun
                }
                isDone.set()
                try await group.waitForAll()
            }
            // The worker has followed.
            let end = try await system.writer.append("account/1", SampleLedger.encode(.deposited(1)))
            _ = try await queries.positions(of: "accounts", waitFor: [end], timeout: .seconds(30))
        }
        #expect(try await system.store.generations(of: "accounts").map(\.state) == [.retired, .live])
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test(arguments: [0, 500, 3_000, 20_000])
    func inLittleMemoryItIsStillExact(_ memory: Int) async throws {
        let system = try await caughtUp()
        for projection in [SampleLedger.accounts, SampleLedger.digits] {
            let result = try await system.rebuild(projection, .init(parallel: 2, memory: memory, batchBytes: 400)).run()
            #expect(result.outcome == .swapped)
            #expect(try await system.verification(projection, memory: memory).run().isEqual)
        }
    }

    @Test func rowsThatDifferAreNotSwappedInUnasked() async throws {
        let system = try await caughtUp()
        let live = try #require(try await system.store.generations(of: "accounts").first)
        try await Drift.plant(in: live, of: system.store)
        let result = try await system.rebuild(SampleLedger.accounts).run()
        #expect(result.outcome == .differs)
        #expect(result.verification?.differenceCount == 3)
        #expect(try await system.store.generations(of: "accounts").map(\.state) == [.live, .ready])
        // Without comparing, the ready one is taken on.
        let second = try await system.rebuild(SampleLedger.accounts, .init(verify: false)).run()
        #expect(second.outcome == .swapped && second.generation == result.generation && second.records == 0)
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test func withoutSwapItWaitsAndIsTakenOnLater() async throws {
        let system = try await caughtUp()
        let ready = try await system.rebuild(SampleLedger.accounts, .init(swap: false)).run()
        #expect(ready.outcome == .ready)
        #expect(try await system.store.generations(of: "accounts").map(\.state) == [.live, .ready])
        try await system.fill(50, from: 300)
        let swapped = try await system.rebuild(SampleLedger.accounts).run()
        #expect(swapped.outcome == .swapped && swapped.generation == ready.generation)
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test func rollsBackToTheRetiredOneCaughtUp() async throws {
        let system = try await caughtUp()
        await #expect(throws: ReadModelError(.nothingToRollBackTo, "")) { try await system.rebuild(SampleLedger.accounts).rollBack() }
        _ = try await system.rebuild(SampleLedger.accounts).run()
        let ends = try await system.fill(50, from: 300)
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(30))
            let result = try await system.rebuild(SampleLedger.accounts).rollBack()
            #expect(result.outcome == .rolledBack && result.generation == 1)
            let end = try await system.writer.append("account/3", SampleLedger.encode(.deposited(1)))
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: [end], timeout: .seconds(30))
        }
        #expect(try await system.store.generations(of: "accounts").map(\.state) == [.live, .retired])
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test func aSecondRebuildIsRefusedWhileTheFirstLives() async throws {
        let system = try await caughtUp()
        let second = system.rebuild(SampleLedger.accounts, builder: "second")
        let refused = Atomic(false)
        let store = InterceptedReadModelStore(system.store) { step in
            guard step == .beforeActivate else { return }
            do { _ = try await second.run() } catch let error as ReadModelError where error.code == .rebuildInProgress {
                refused.store(true, ordering: .relaxed)
            }
        }
        let result = try await system.rebuild(SampleLedger.accounts, store: store, builder: "first").run()
        #expect(result.outcome == .swapped && refused.load(ordering: .relaxed))
    }

    /// Killed at each step, it leaves the live view as it was, and the next one cleans up, once the lease has run out.
    @Test(arguments: [InterceptedReadModelStore.Step.afterCreate, .beforeLoad, .afterLoad, .beforeActivate])
    func killedItLeavesTheLiveViewAndDoesNotBlockForEver(_ killed: InterceptedReadModelStore.Step) async throws {
        let system = try await caughtUp()
        let before = try await system.store.rows(of: "accounts", matching: RowQuery()).value
        let (reached, reach) = AsyncStream<Void>.makeStream()
        // A killed process says nothing more: it stands still until the test is over, and cannot clean up.
        let dead = InterceptedReadModelStore(system.store) { step in
            guard step == killed else { return }
            reach.yield()
            try await Task.sleep(for: .seconds(3600))
        }
        let time = Atomic<Int64>(0)
        let environment = EngineEnvironment(
            clock: ContinuousClock(), now: { Timestamp(microseconds: time.load(ordering: .relaxed)) }, jitter: { 0 })
        let zombie = Task { try await system.rebuild(SampleLedger.accounts, store: dead, builder: "dead", environment: environment).run() }
        for await _ in reached { break }
        #expect(try await system.store.rows(of: "accounts", matching: RowQuery()).value == before)
        let next = system.rebuild(SampleLedger.accounts, builder: "next", environment: environment)
        await #expect(throws: ReadModelError(.rebuildInProgress, "")) { _ = try await next.run() }
        time.store(31_000_000, ordering: .relaxed)
        let result = try await next.run()
        #expect(result.outcome == .swapped && result.verification?.isEqual == true)
        #expect(try await system.store.generations(of: "accounts").map(\.state) == [.retired, .live])
        zombie.cancel()
        _ = await zombie.result
        #expect(try await system.store.generations(of: "accounts").map(\.state) == [.retired, .live])
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test func workersThatKeepAheadAreHeldForTheLastStep() async throws {
        let system = try await caughtUp(1)
        let queries = system.queries(SampleLedger.accounts)
        let attempts = Atomic(0)
        // Before each swap, the worker gets ahead of it; held, it cannot.
        let racing = InterceptedReadModelStore(system.store) { step in
            guard step == .beforeActivate else { return }
            attempts.add(1, ordering: .relaxed)
            let isHeld = try await system.store.generations(of: "accounts").contains { $0.heldUntil != nil }
            let end = try await system.fill(1, from: attempts.load(ordering: .relaxed))
            if !isHeld { _ = try await queries.positions(of: "accounts", waitFor: end, timeout: .seconds(30)) }
        }
        try await system.running(system.runner(SampleLedger.accounts)) {
            let result = try await system.rebuild(SampleLedger.accounts, store: racing).run()
            #expect(result.outcome == .swapped)
            let end = try await system.fill(1)
            _ = try await queries.positions(of: "accounts", waitFor: end, timeout: .seconds(30))
        }
        #expect(attempts.load(ordering: .relaxed) > 3)
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test func progressTellsHowFarItIs() async throws {
        let system = try await caughtUp()
        let seen = Mutex<[RebuildProgress]>([])
        let result = try await system.rebuild(SampleLedger.accounts, .init(batchBytes: 500)).run { progress in
            seen.withLock { $0.append(progress) }
        }
        let phases = seen.withLock { $0.map(\.phase.rawValue) }
        #expect(Set(phases).isSuperset(of: ["fold", "load", "verify", "swap"]))
        let folding = seen.withLock { $0.filter { $0.phase == .fold } }
        #expect(folding.last?.records == folding.last?.totalRecords && folding.last?.lag == 0)
        #expect(result.events == 300 + 20 + 28 + 3 && result.records == 303, "\(result)")
    }
}
