import EventLog
import EventModel
import ReadModel

extension ReadModelEngineConformance {
    /// A named point of a rebuild, and how much memory it has: with none, rows are written in between.
    private struct RebuildPoint {
        let name: String
        let point: DyingWorker.Point
        var time = 1
        var memory = 1 << 30
        var isSwapped = false
    }

    private static let rebuildPoints = [
        RebuildPoint(name: "before it is created", point: .store(.beforeCreate)),
        RebuildPoint(name: "created", point: .store(.afterCreate)),
        RebuildPoint(name: "in the middle of the fill", point: .log(.beforeRead), time: 12),
        RebuildPoint(name: "before the first spill", point: .store(.beforeLoad), memory: 0),
        RebuildPoint(name: "after the first spill", point: .store(.afterLoad), memory: 0),
        RebuildPoint(name: "before loading rows for a later spill", point: .store(.beforeRows), time: 2, memory: 0),
        RebuildPoint(name: "before a later spill", point: .store(.beforeApply), time: 2, memory: 0),
        RebuildPoint(name: "after a later spill", point: .store(.afterApply), time: 4, memory: 0),
        RebuildPoint(name: "before the load", point: .store(.beforeLoad)),
        RebuildPoint(name: "in the middle of the load", point: .duringLoad),
        RebuildPoint(name: "loaded, the answer lost", point: .store(.afterLoad)),
        RebuildPoint(name: "catching up", point: .store(.beforeApply)),
        RebuildPoint(name: "caught up by a batch, the answer lost", point: .store(.afterApply)),
        RebuildPoint(name: "before verifying", point: .store(.beforeSnapshot)),
        RebuildPoint(name: "while verifying", point: .store(.beforeSnapshot), time: 2),
        RebuildPoint(name: "after verifying", point: .store(.afterSnapshot), time: 2),
        RebuildPoint(name: "before the swap", point: .store(.beforeActivate)),
        RebuildPoint(name: "swapped, the answer lost", point: .store(.afterActivate), isSwapped: true),
        RebuildPoint(name: "before dropping the oldest", point: .store(.beforeDrop), isSwapped: true),
        RebuildPoint(name: "after dropping the oldest", point: .store(.afterDrop), isSwapped: true),
    ]

    /// What a builder that is to die leaves behind is soon free.
    static let shortLease = Duration.milliseconds(50)

    /// Tries again while another builder's lease lasts.
    static func onceFree<Result>(_ body: () async throws -> Result) async throws -> Result {
        while true {
            do {
                return try await body()
            } catch let error as ReadModelError where error.code == .rebuildInProgress {
                await Task.yield()
            }
        }
    }

    static let deathInARebuildLaws: [ReadModelEngineLaw] = rebuildPoints.map { point in
        ReadModelEngineLaw("a rebuild that dies \(point.name) leaves the view, and the next one succeeds") { harness in
            let system = try await harness.with { store in
                let system = try await caughtUp(store)
                _ = try await system.rebuild(SampleLedger.accounts).run()
                let before = try await store.rows(of: "accounts", matching: RowQuery())
                try await system.fill(40, from: 300)  // beyond the live one, and so to be caught up with
                let worker = DyingWorker(at: point.point, time: point.time)
                let rebuild = system.rebuild(
                    SampleLedger.accounts, .init(parallel: 1, memory: point.memory, batchBytes: 400, lease: shortLease),
                    store: worker.store(store), log: worker.log(system.log), builder: "dead")
                try await worker.run { _ = try await rebuild.run() }
                let after = try await store.rows(of: "accounts", matching: RowQuery())
                if !point.isSwapped {
                    try require(after.value == before.value && after.positions == before.positions, "the live view was changed")
                }
                return system
            }
            try await harness.with { store in
                let system = system.on(store)
                let next = system.rebuild(SampleLedger.accounts, builder: "next")
                let result = try await onceFree { try await next.run() }
                try require(result.outcome == .swapped && result.verification?.isEqual == true, "the next one ended as \(result)")
                try await system.requireStates([.retired, .live], of: "accounts")
                let end = try await system.writer.append("account/1", SampleLedger.encode(.deposited(1)))
                try await system.running(system.runner(SampleLedger.accounts)) {
                    _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: [end], timeout: .seconds(600))
                }
                try await system.requireEqual(SampleLedger.accounts)
            }
        }
    }
}
