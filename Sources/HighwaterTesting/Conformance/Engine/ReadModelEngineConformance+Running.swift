import EventLog
import EventModel
import ReadModel
import Synchronization

extension ReadModelEngineConformance {
    static let runningLaws: [ReadModelEngineLaw] = [
        ReadModelEngineLaw("two workers with every partition count everything once") { harness in
            try await harness.with { one in
                try await harness.with { two in
                    var system = try await SampleSystem(one)
                    system.options.batchBytes = 1000
                    try await system.prepare(SampleLedger.digits)
                    let queries = system.queries(SampleLedger.digits)
                    try await system.running(system.runner(SampleLedger.digits), system.runner(SampleLedger.digits, store: two)) {
                        [system] in
                        let ends = try await system.fill(400)
                        _ = try await queries.positions(of: "deposits-by-digit", waitFor: ends, timeout: .seconds(600))
                    }
                    try await system.requireEqual(SampleLedger.digits)
                }
            }
        },
        ReadModelEngineLaw("a worker that stood still with its batch in hand while another took over has no effect") { harness in
            try await harness.with { store in
                let system = try await SampleSystem(store, partitions: 1)
                try await system.prepare(SampleLedger.digits)
                let ends = try await system.fill(50)
                let (stopped, stop) = AsyncStream<Void>.makeStream()
                let (resumed, resume) = AsyncStream<Void>.makeStream()
                let isFirst = Switch(isOn: true)
                let slow = InterceptedReadModelStore(store) { step in
                    guard step == .beforeApply, isFirst.turnOff() else { return }
                    stop.yield()
                    for await _ in resumed { break }
                }
                let zombie = system.runner(SampleLedger.digits, store: slow)
                let queries = system.queries(SampleLedger.digits)
                try await system.running(zombie) {
                    for await _ in stopped { break }
                    try await system.running(system.runner(SampleLedger.digits)) {
                        _ = try await queries.positions(of: "deposits-by-digit", waitFor: ends, timeout: .seconds(600))
                    }
                    resume.yield()
                    let more = try await system.fill(50, from: 50)
                    _ = try await queries.positions(of: "deposits-by-digit", waitFor: more, timeout: .seconds(600))
                }
                try require(zombie.status.fencedBatches == 1, "it was fenced \(zombie.status.fencedBatches) times")
                try await system.requireEqual(SampleLedger.digits)
            }
        },
        ReadModelEngineLaw("several stores are each fed to positions of their own") { harness in
            try await harness.with { store in
                let memory = InMemoryReadModelStore()
                let system = try await SampleSystem(store)
                let first = try await system.fill(100)
                let signal = AppliedSignal()
                for other in [store, memory] as [any ReadModelStore] {
                    _ = try await other.createGeneration(
                        SampleLedger.digits.schema, topic: SampleSystem.topic, partitions: system.partitions, purpose: .first)
                }
                let mine = system.queries(SampleLedger.digits)
                let other = system.queries(SampleLedger.digits, store: memory, signal: signal)
                // The same process feeds both; then one alone, and the other from elsewhere.
                try await system.running(
                    system.runner(SampleLedger.digits), system.runner(SampleLedger.digits, store: memory, signal: signal)
                ) {
                    for queries in [mine, other] {
                        _ = try await queries.positions(of: "deposits-by-digit", waitFor: first, timeout: .seconds(600))
                    }
                }
                let second = try await system.fill(100, from: 100)
                try await system.running(system.runner(SampleLedger.digits)) {
                    _ = try await mine.positions(of: "deposits-by-digit", waitFor: second, timeout: .seconds(600))
                }
                let behind = try await memory.livePositions(of: "deposits-by-digit")
                try require(first.allSatisfy(behind.hasApplied) && !second.contains(where: behind.hasApplied), "one store moved the other")
                try await system.requireEqual(SampleLedger.digits, store: memory)
                try await system.running(system.runner(SampleLedger.digits, store: memory, signal: signal)) {
                    _ = try await other.positions(of: "deposits-by-digit", waitFor: second, timeout: .seconds(600))
                }
                let answers = [
                    try await store.rows(of: "deposits-by-digit", matching: RowQuery()),
                    try await memory.rows(of: "deposits-by-digit", matching: RowQuery()),
                ]
                try require(answers[0].value == answers[1].value && answers[0].positions == answers[1].positions, "they answer differently")
            }
        },
        ReadModelEngineLaw("a long log's first generation is built in bulk, with the same rows") { harness in
            try await harness.with { store in
                var system = try await SampleSystem(store)
                system.options.bulkRecords = 200
                system.options.rebuild.lease = .seconds(3600)
                let ends = try await system.fill(300)
                let loads = Mutex(0)
                let counted = InterceptedReadModelStore(store) { step in
                    if step == .afterLoad { loads.withLock { $0 += 1 } }
                }
                let queries = system.queries(SampleLedger.accounts)
                try await system.running(
                    system.runner(SampleLedger.accounts, store: counted), system.runner(SampleLedger.accounts, store: counted)
                ) { [system] in
                    await system.signal.wait(for: ends, in: "accounts")
                    let more = try await system.fill(30, from: 300)
                    _ = try await queries.positions(of: "accounts", waitFor: more, timeout: .seconds(600))
                }
                try require(loads.withLock { $0 } == 1, "it was loaded \(loads.withLock { $0 }) times")
                try await system.requireEqual(SampleLedger.accounts)
            }
        },
    ]

    /// The named points of a worker's batch.
    private static let batchPoints: [(DyingWorker.Point, time: Int)] = [
        (.log(.beforeJoin), 1), (.store(.beforePositions), 1), (.log(.beforeOpen), 1), (.log(.beforeRead), 4), (.store(.beforeRows), 2),
        (.store(.afterRows), 2), (.store(.beforeApply), 1), (.store(.beforeApply), 3), (.store(.afterApply), 1), (.store(.afterApply), 3),
        (.log(.beforePublish), 2),
    ]

    static let deathInABatchLaws: [ReadModelEngineLaw] = batchPoints.map { point, time in
        ReadModelEngineLaw("a worker that dies at \(point) (\(time)) leaves each event to take effect once") { harness in
            for projection in [SampleLedger.digits, SampleLedger.accounts] {
                let (system, ends) = try await harness.with { store in
                    var system = try await SampleSystem(store)
                    system.options.batchBytes = 300
                    system.options.cachedRows = 0
                    try await system.prepare(projection)
                    let ends = try await system.fill(150)
                    let worker = DyingWorker(at: point, time: time)
                    let runner = system.runner(projection, store: worker.store(store), log: worker.log(system.log))
                    try await worker.run { try await runner.run() }
                    return (system, ends)
                }
                try await harness.with { store in
                    let system = system.on(store)
                    try await system.running(system.runner(projection)) {
                        _ = try await system.queries(projection).positions(
                            of: projection.id.name, waitFor: ends, timeout: .seconds(600))
                    }
                    try await system.requireEqual(projection)
                }
            }
        }
    }
}

/// Something that is turned off once.
final class Switch: Sendable {
    private let state: Atomic<Bool>

    init(isOn: Bool) { state = Atomic(isOn) }

    func turnOn() { state.store(true, ordering: .sequentiallyConsistent) }

    var isOn: Bool { state.load(ordering: .sequentiallyConsistent) }

    /// Whether it was on.
    @discardableResult
    func turnOff() -> Bool { state.exchange(false, ordering: .sequentiallyConsistent) }
}

extension SampleSystem {
    /// The same log beside a store that was opened again.
    func on(_ store: any ReadModelStore) -> SampleSystem { SampleSystem(self, store) }

    func requireEqual(_ projection: RegisteredProjection, memory: Int = 1 << 30, store: (any ReadModelStore)? = nil) async throws {
        let result = try await verification(projection, memory: memory, store: store).run()
        try require(result.isEqual && result.rows > 0, "rows are not as the log says: \(result)")
    }
}
