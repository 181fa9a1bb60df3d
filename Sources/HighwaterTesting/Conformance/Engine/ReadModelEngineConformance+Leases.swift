import EventLog
import EventModel
import ReadModel
import Synchronization

extension ReadModelEngineConformance {
    static let leaseLaws: [ReadModelEngineLaw] = [
        ReadModelEngineLaw("builders whose clocks are two days apart neither rob each other nor lock each other out") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let (fast, slow) = (environment(ahead: .seconds(86_400)), environment(ahead: .seconds(-86_400)))
                for (mine, other) in [(fast, slow), (slow, fast)] {
                    let refusals = Mutex(0)
                    let second = system.rebuild(SampleLedger.accounts, builder: "second", environment: other)
                    let watched = InterceptedReadModelStore(store) { step in
                        guard step == .beforeLoad else { return }
                        do { _ = try await second.run() } catch let error as ReadModelError where error.code == .rebuildInProgress {
                            refusals.withLock { $0 += 1 }
                        }
                    }
                    let first = system.rebuild(SampleLedger.accounts, store: watched, builder: "first", environment: mine)
                    let result = try await first.run()
                    try require(result.outcome == .swapped && refusals.withLock { $0 } == 1, "the first was robbed: \(result)")
                    let worker = DyingWorker(at: .store(.beforeLoad))
                    let dying = system.rebuild(
                        SampleLedger.accounts, .init(lease: shortLease), store: worker.store(store), log: worker.log(system.log),
                        builder: "dead", environment: mine)
                    try await worker.run { _ = try await dying.run() }
                    let next = system.rebuild(SampleLedger.accounts, builder: "next", environment: other)
                    let replaced = try await onceFree { try await next.run() }
                    try require(replaced.outcome == .swapped, "what the dead one left stands in the way: \(replaced)")
                }
                try await system.requireStates([.retired, .live], of: "accounts")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
        ReadModelEngineLaw("a worker drops what a killed rebuild has left, and status tells of it before") { harness in
            try await harness.with { store in
                var system = try await caughtUp(store)
                system.options.clearing = .milliseconds(1)
                let worker = DyingWorker(at: .store(.beforeLoad))
                let dying = system.rebuild(
                    SampleLedger.accounts, .init(lease: shortLease), store: worker.store(store), log: worker.log(system.log),
                    builder: "dead")
                try await worker.run { _ = try await dying.run() }
                try await system.requireStates([.live, .building], of: "accounts")
                let inspector = ReadModelInspector([SampleLedger.accounts], store: store, log: system.log, topic: SampleSystem.topic)
                while await inspector.status()[0].generations.map(\.isAbandoned) != [false, true] { await Task.yield() }
                try await system.running(system.runner(SampleLedger.accounts)) {
                    while try await store.generations(of: "accounts").count > 1 { await Task.yield() }
                }
                try await system.requireStates([.live], of: "accounts")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
        ReadModelEngineLaw("a rebuild that others keep from swapping stays ready, follows the log, and swaps when it can") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let attempts = Mutex(0)
                let blocked = InterceptedReadModelStore(store) { step in
                    guard step == .beforeActivate else { return }
                    try await system.requireStates([.live, .ready], of: "accounts")
                    let attempt = attempts.withLock { attempts in
                        attempts += 1
                        return attempts
                    }
                    try await system.fill(5, from: 300 + 5 * attempt)
                    if attempt <= 2 { throw ReadModelError(.blocked, "pid 7 does not let go") }
                }
                let waits = Mutex<[String]>([])
                let result = try await system.rebuild(SampleLedger.accounts, store: blocked).run { progress in
                    guard let waitsFor = progress.waitsFor else { return }
                    waits.withLock { $0.append(waitsFor) }
                }
                try require(result.outcome == .swapped && result.verification?.isEqual == true, "it ended as \(result)")
                try require(waits.withLock { $0.contains("pid 7 does not let go") }, "it does not say what it waits for")
                try await system.requireStates([.retired, .live], of: "accounts")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
        ReadModelEngineLaw("a rebuild that is stopped while it waits for a swap leaves what it has built to the next") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let (waiting, waits) = AsyncStream<Void>.makeStream()
                let blocked = InterceptedReadModelStore(store) { step in
                    if step == .beforeActivate { throw ReadModelError(.blocked, "pid 7 does not let go") }
                }
                let task = Task {
                    try await system.rebuild(SampleLedger.accounts, store: blocked).run { if $0.waitsFor != nil { waits.yield() } }
                }
                for await _ in waiting { break }
                task.cancel()
                guard case .failure(let error) = await task.result, error is CancellationError else {
                    throw BrokenReadModelStoreLaw("it was not cancelled")
                }
                try await system.requireStates([.live, .ready], of: "accounts")
                try require(try await store.generations(of: "accounts").last?.lease == nil, "what waits is still leased")
                try await system.fill(30, from: 300)
                let folded = Mutex<Int64>(0)
                let next = try await system.rebuild(SampleLedger.accounts).run { progress in
                    folded.withLock { $0 = max($0, progress.totalRecords) }
                }
                try require(next.outcome == .swapped && next.generation == 2, "it ended as \(next)")
                try require(folded.withLock { $0 } == 0, "it was built again from offset zero")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
    ]

    /// A machine whose time of day is so much ahead of the store's.
    private static func environment(ahead: Duration) -> EngineEnvironment {
        let system = EngineEnvironment.system
        return EngineEnvironment(clock: system.clock, now: { system.now().advanced(by: ahead) }, jitter: system.jitter)
    }
}
