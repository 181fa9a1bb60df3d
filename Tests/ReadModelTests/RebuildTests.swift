import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct RebuildTests {
    private func caughtUp(_ partitions: Int = 3, commits: Int = 300) async throws -> SampleSystem {
        let system = try await SampleSystem(InMemoryReadModelStore(), partitions: partitions)
        try await system.prepare(SampleLedger.accounts)
        let ends = try await system.fill(commits)
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
        }
        return system
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

    /// What a spill leaves in memory counts, and is within the budget but for the batches under way.
    @Test func memoryIsWhatTheOptionsSay() async throws {
        let system = try await caughtUp(commits: 1000)
        for memory in [4_000, 8_000] {
            let result = try await system.rebuild(SampleLedger.accounts, .init(parallel: 1, memory: memory, batchBytes: 500)).run()
            #expect(result.outcome == .swapped)
            #expect(result.bytes < Int64(memory + 20_000), "\(result.bytes)")
        }
    }

    /// A lease is for a rebuild that lives: renewed while it works, it is not run out however long that takes.
    @Test func theLeaseIsRenewed() async throws {
        let system = try await caughtUp()
        let renewals = AsyncStream<Void>.makeStream()
        let isWaiting = Atomic(true)
        let store = InterceptedReadModelStore(system.store) { step in
            if step == .beforeRenew { renewals.continuation.yield() }
            guard step == .beforeLoad, isWaiting.exchange(false, ordering: .relaxed) else { return }
            var count = 0
            for await _ in renewals.stream {
                count += 1
                if count == 3 { break }
            }
        }
        let result = try await system.rebuild(SampleLedger.accounts, .init(lease: .milliseconds(30)), store: store).run()
        #expect(result.outcome == .swapped)
    }

    /// A log that grows as fast as it is followed is no reason never to swap.
    @Test func swapsThoughTheLogKeepsGrowing() async throws {
        let system = try await caughtUp(1, commits: 10)
        let growths = Atomic(0)
        let store = InterceptedReadModelStore(system.store) { step in
            guard step == .beforePositions, growths.add(1, ordering: .relaxed).newValue <= 30 else { return }
            try await system.fill(1100, from: 100)
        }
        let result = try await system.rebuild(SampleLedger.accounts, .init(verify: false), store: store).run()
        #expect(result.outcome == .swapped)
        #expect(growths.load(ordering: .relaxed) < 30, "it waited until the log stood still")
    }
}
