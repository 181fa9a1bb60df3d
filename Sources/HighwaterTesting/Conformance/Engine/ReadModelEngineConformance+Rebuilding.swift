import EventLog
import EventModel
package import ReadModel
import Synchronization

extension ReadModelEngineConformance {
    static let rebuildLaws: [ReadModelEngineLaw] = [
        ReadModelEngineLaw("under load a rebuild ends verified and swapped, and no query fails or goes back") { harness in
            try await harness.with { store in
                let system = try await SampleSystem(store)
                for projection in [SampleLedger.accounts, SampleLedger.digits] { try await system.prepare(projection) }
                let ends = try await system.fill(500, accounts: 100)
                let queries = system.queries(SampleLedger.accounts, SampleLedger.digits)
                try await system.running(system.runner(SampleLedger.accounts), system.runner(SampleLedger.digits)) {
                    for name in ["accounts", "deposits-by-digit"] {
                        _ = try await queries.positions(of: name, waitFor: ends, timeout: .seconds(600))
                    }
                    try await withLoad(on: system, queries) {
                        for projection in [SampleLedger.accounts, SampleLedger.digits, SampleLedger.accounts] {
                            let result = try await system.rebuild(projection, .init(memory: 100_000)).run()
                            try require(result.outcome == .swapped && result.verification?.isEqual == true, "it ended as \(result)")
                            try require(result.verification?.rows ?? 0 > 0, "nothing was compared")
                        }
                    }
                    // The workers have followed.
                    let end = try await system.writer.append("account/1", SampleLedger.encode(.deposited(1)))
                    for name in ["accounts", "deposits-by-digit"] {
                        _ = try await queries.positions(of: name, waitFor: [end], timeout: .seconds(600))
                    }
                }
                try await system.requireStates([.retired, .live], of: "accounts")
                try await system.requireEqual(SampleLedger.accounts)
                try await system.requireEqual(SampleLedger.digits, memory: 0)
            }
        },
        ReadModelEngineLaw("in little memory a rebuild has the same rows") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                for memory in [0, 500, 3_000, 20_000] {
                    for projection in [SampleLedger.accounts, SampleLedger.digits] {
                        let options = Rebuild.Options(parallel: 2, memory: memory, batchBytes: 400)
                        let result = try await system.rebuild(projection, options).run()
                        try require(result.outcome == .swapped, "it ended as \(result)")
                        try await system.requireEqual(projection, memory: memory)
                    }
                }
            }
        },
        ReadModelEngineLaw("a position that a reader waits for, or has seen, holds across a swap and a rollback") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let queries = system.queries(SampleLedger.accounts)
                // No worker runs: only the swap brings the position.
                let position = try await system.writer.append("account/new", SampleLedger.encode(.opened(owner: "me")))
                async let waiting = queries.row(of: "accounts", key: "new", waitFor: [position], timeout: .seconds(600))
                _ = try await system.rebuild(SampleLedger.accounts).run()
                let row = try await waiting
                try require(row.value?.values.first == .text("me") && row.positions.hasApplied(position), "it was answered by \(row)")
                _ = try await system.rebuild(SampleLedger.accounts).rollBack()
                let rolledBack = try await queries.row(of: "accounts", key: "new", waitFor: [position], timeout: .zero)
                try require(rolledBack.value?.values.first == .text("me"), "a rollback has sent readers back")
            }
        },
        ReadModelEngineLaw("a second rebuild, or rollback, is refused while the first lives") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                _ = try await system.rebuild(SampleLedger.accounts).run()
                let refusals = Mutex(0)
                let second = system.rebuild(SampleLedger.accounts, builder: "second")
                let watched = InterceptedReadModelStore(store) { step in
                    guard step == .beforeLoad || step == .beforeActivate else { return }
                    for attempt in [{ try await second.run() }, { try await second.rollBack() }] {
                        do { _ = try await attempt() } catch let error as ReadModelError where error.code == .rebuildInProgress {
                            refusals.withLock { $0 += 1 }
                        }
                    }
                }
                let result = try await system.rebuild(
                    SampleLedger.accounts, .init(lease: .seconds(3600)), store: watched, builder: "first"
                ).run()
                try require(result.outcome == .swapped && refusals.withLock { $0 } == 4, "\(refusals.withLock { $0 }) of 4 were refused")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
        ReadModelEngineLaw("a rollback brings back what was live before, caught up") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                try await requireError(.nothingToRollBackTo, "a rollback to nothing") {
                    _ = try await system.rebuild(SampleLedger.accounts).rollBack()
                }
                _ = try await system.rebuild(SampleLedger.accounts).run()
                let ends = try await system.fill(50, from: 300)
                let queries = system.queries(SampleLedger.accounts)
                try await system.running(system.runner(SampleLedger.accounts)) {
                    _ = try await queries.positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
                    let result = try await system.rebuild(SampleLedger.accounts).rollBack()
                    try require(result.outcome == .rolledBack && result.generation == 1, "it ended as \(result)")
                    let end = try await system.writer.append("account/3", SampleLedger.encode(.deposited(1)))
                    _ = try await queries.positions(of: "accounts", waitFor: [end], timeout: .seconds(600))
                }
                try await system.requireStates([.live, .retired], of: "accounts")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
        ReadModelEngineLaw("without swap a rebuild waits, and is taken on later") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let ready = try await system.rebuild(SampleLedger.accounts, .init(swap: false)).run()
                try require(ready.outcome == .ready, "it ended as \(ready)")
                try await system.requireStates([.live, .ready], of: "accounts")
                try await system.fill(50, from: 300)
                let swapped = try await system.rebuild(SampleLedger.accounts).run()
                try require(swapped.outcome == .swapped && swapped.generation == ready.generation, "it ended as \(swapped)")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
        ReadModelEngineLaw("a rebuild that is cancelled as its generation is made leaves nothing of it") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let cancelling = InterceptedReadModelStore(store) { step in
                    if step == .afterCreate { withUnsafeCurrentTask { $0?.cancel() } }
                }
                let task = Task { try await system.rebuild(SampleLedger.accounts, store: cancelling).run() }
                guard case .failure = await task.result else { throw BrokenReadModelStoreLaw("it was not cancelled") }
                try await system.requireStates([.live], of: "accounts")
            }
        },
        ReadModelEngineLaw("a generation that waits is leased no more, also where a renewal was under way at the end") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let (isFilled, isRenewing, isFinished) = (Switch(isOn: false), Switch(isOn: false), Switch(isOn: false))
                let watched = InterceptedReadModelStore(store) { step in
                    switch step {
                    case .beforeSnapshot:
                        isFilled.turnOn()
                        while !isRenewing.isOn { await Task.yield() }
                    case .beforeRenew where isFilled.isOn:
                        isRenewing.turnOn()
                        while !isFinished.isOn, !Task.isCancelled { await Task.yield() }
                    case .afterFinish where isRenewing.isOn: isFinished.turnOn()
                    default: break
                    }
                }
                let options = Rebuild.Options(swap: false, lease: .milliseconds(30))
                let result = try await system.rebuild(SampleLedger.accounts, options, store: watched).run()
                try require(result.outcome == .ready, "it ended as \(result)")
                let ready = try await store.generations(of: "accounts").first { $0.state == .ready }
                try require(ready != nil && ready?.lease == nil, "it is still leased")
            }
        },
        ReadModelEngineLaw("a generation that waits ahead of the live one is compared, whether or not a worker brings that forward") {
            harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                for (round, hasWorker) in [false, true].enumerated() {
                    try await system.fill(50, from: 300 + 50 * round)
                    // No worker runs: only what is ready is at the end.
                    _ = try await system.rebuild(SampleLedger.accounts, .init(swap: false)).run()
                    let comparing = InterceptedReadModelStore(store) { step in
                        guard step == .beforeSnapshot, hasWorker else { return }
                        let end = try await system.fill(1, from: 7 + round)
                        try await system.running(system.runner(SampleLedger.accounts)) {
                            await system.signal.wait(for: end, in: "accounts")
                        }
                    }
                    let result = try await system.rebuild(SampleLedger.accounts, store: comparing).run()
                    try require(result.outcome == .swapped && result.verification?.isEqual == true, "it ended as \(result)")
                    try await system.requireEqual(SampleLedger.accounts)
                }
            }
        },
        ReadModelEngineLaw("a live generation that gets its first rows during a rebuild is not compared") { harness in
            try await harness.with { store in
                var system = try await SampleSystem(store)
                system.options.batchBytes = 300
                try await system.fill(150)
                try await system.prepare(SampleLedger.digits)
                let watched = InterceptedReadModelStore(store) { [system] step in
                    guard step == .beforeLoad else { return }
                    let worker = DyingWorker(at: .store(.afterApply))
                    try await worker.run { try await system.runner(SampleLedger.digits, store: worker.store(store)).run() }
                }
                let result = try await system.rebuild(SampleLedger.digits, store: watched).run()
                try require(result.outcome == .swapped && result.verification == nil, "it ended as \(result)")
                try await system.requireEqual(SampleLedger.digits)
            }
        },
        ReadModelEngineLaw("workers that keep ahead of a swap are held for its last step") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store, partitions: 1)
                let queries = system.queries(SampleLedger.accounts)
                let attempts = Mutex(0)
                // Before each attempt the worker gets ahead of it; held, it cannot.
                let racing = InterceptedReadModelStore(store) { step in
                    guard step == .beforeActivate else { return }
                    let attempt = attempts.withLock { attempts in
                        attempts += 1
                        return attempts
                    }
                    let isHeld = try await store.generations(of: "accounts").contains { $0.isHeld }
                    let end = try await system.fill(1, from: attempt)
                    if !isHeld { _ = try await queries.positions(of: "accounts", waitFor: end, timeout: .seconds(600)) }
                }
                try await system.running(system.runner(SampleLedger.accounts)) {
                    let result = try await system.rebuild(SampleLedger.accounts, store: racing).run()
                    try require(result.outcome == .swapped, "it ended as \(result)")
                    let end = try await system.fill(1)
                    _ = try await queries.positions(of: "accounts", waitFor: end, timeout: .seconds(600))
                }
                try require(attempts.withLock { $0 } > 3, "no worker was ahead")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
    ]

    /// A system with 300 commits that its live generation has applied.
    static func caughtUp(_ store: any ReadModelStore, partitions: Int = 3) async throws -> SampleSystem {
        let system = try await SampleSystem(store, partitions: partitions)
        let ends = try await system.fill(300)
        for projection in [SampleLedger.accounts, SampleLedger.digits] {
            try await system.prepare(projection)
            try await system.running(system.runner(projection)) {
                _ = try await system.queries(projection).positions(of: projection.id.name, waitFor: ends, timeout: .seconds(600))
            }
        }
        return system
    }

    /// Runs `body` while commits come in, readers wait for them, and views are read again and again.
    private static func withLoad(
        on system: SampleSystem, _ queries: ReadModelQueries, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let isOn = Switch(isOn: true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var next = 500
                while isOn.isOn {
                    let ends = try await system.fill(20, accounts: 100, from: next)
                    next += 20
                    _ = try await queries.positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
                }
            }
            for name in ["accounts", "deposits-by-digit"] {
                group.addTask {
                    var last: [Partition: ChainPosition] = [:]
                    while isOn.isOn {
                        let positions = try await queries.rows(of: name, limit: "10").positions.positions
                        for (partition, position) in positions {
                            try require(position.offset >= last[partition]?.offset ?? Offset(-1), "a query of '\(name)' went back")
                        }
                        last = positions
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                defer { isOn.turnOff() }
                try await body()
            }
            do {
                try await group.waitForAll()
            } catch {
                isOn.turnOff()
                throw error
            }
        }
    }
}

extension SampleSystem {
    package func requireStates(_ expected: [Generation.State], of projection: String) async throws {
        let states = try await store.generations(of: projection).map(\.state)
        try require(states == expected, "the generations are \(states), not \(expected)")
    }
}
