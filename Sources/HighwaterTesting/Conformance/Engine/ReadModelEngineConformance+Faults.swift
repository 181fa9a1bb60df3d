import EventLog
import EventModel
import ReadModel
import Synchronization

extension ReadModelEngineConformance {
    /// Fails the first two of seven times, again and again. What takes several steps needs some fair ones in a row.
    private final class Weather: Sendable {
        private let count = Mutex(0)

        var isBad: Bool {
            count.withLock { count in
                count += 1
                return count % 7 == 1 || count % 7 == 2
            }
        }

        var hasBeenBad: Bool { count.withLock { $0 > 0 } }
    }

    private static let workerSteps: [InterceptedReadModelStore.Step] = [
        .beforeGenerations, .beforeCreate, .afterCreate, .beforePositions, .beforeRows, .afterRows, .beforeApply, .afterApply,
    ]
    private static let rebuildSteps: [InterceptedReadModelStore.Step] =
        workerSteps + [
            .beforeLoad, .afterLoad, .beforeMarkReady, .afterMarkReady, .beforeSnapshot, .afterSnapshot, .beforeActivate, .afterActivate,
            .beforeDrop, .afterDrop,
        ]
    private static let patient = (base: Duration.microseconds(100), cap: Duration.milliseconds(2))

    static let faultLaws: [ReadModelEngineLaw] =
        workerSteps.map { step in
            ReadModelEngineLaw("a worker whose store fails again and again at \(step) applies each event once") { harness in
                try await harness.with { store in
                    var system = try await SampleSystem(store)
                    system.options.batchBytes = 300
                    system.options.cachedRows = 0
                    let ends = try await system.fill(100)
                    let weather = Weather()
                    let faulty = InterceptedReadModelStore(store) { reached in
                        if reached == step, weather.isBad { throw ReadModelError(.unavailable, "injected") }
                    }
                    try await system.running(system.runner(SampleLedger.digits, store: faulty)) { [system] in
                        await system.signal.wait(for: ends, in: "deposits-by-digit")
                    }
                    try require(weather.hasBeenBad, "it did not come to \(step)")
                    try await system.requireEqual(SampleLedger.digits)
                }
            }
        }
        + rebuildSteps.map { step in
            ReadModelEngineLaw("a rebuild whose store fails again and again at \(step) goes on") { harness in
                try await harness.with { store in
                    let system = try await caughtUp(store)
                    _ = try await system.rebuild(SampleLedger.digits).run()
                    try await system.fill(40, from: 300)
                    let weather = Weather()
                    let faulty = InterceptedReadModelStore(store) { reached in
                        if reached == step, weather.isBad { throw ReadModelError(.unavailable, "injected") }
                    }
                    let result = try await system.rebuild(
                        SampleLedger.digits, .init(memory: 1500, batchBytes: 400, retry: patient), store: faulty
                    ).run()
                    try require(result.outcome == .swapped && result.verification?.isEqual == true, "it ended as \(result)")
                    try require(weather.hasBeenBad, "it did not come to \(step)")
                    try await system.requireStates([.retired, .live], of: "deposits-by-digit")
                    try await system.requireEqual(SampleLedger.digits)
                }
            }
        } + [
            ReadModelEngineLaw("a rebuild whose log fails again and again goes on") { harness in
                try await harness.with { store in
                    let system = try await caughtUp(store)
                    let weather = Weather()
                    let faulty = InterceptedEventLog(system.log) { step throws(LogError) in
                        if step != .beforeJoin, weather.isBad { throw LogError(.unavailable, "injected") }
                    }
                    let result = try await system.rebuild(
                        SampleLedger.digits, .init(batchBytes: 400, retry: patient), log: faulty
                    ).run()
                    try require(result.outcome == .swapped && result.verification?.isEqual == true, "it ended as \(result)")
                    try await system.requireEqual(SampleLedger.digits)
                }
            },
            ReadModelEngineLaw("a rebuild whose store fails for too long ends, and leaves nothing") { harness in
                try await harness.with { store in
                    let system = try await caughtUp(store)
                    let faulty = InterceptedReadModelStore(store) { step in
                        if step == .beforeLoad { throw ReadModelError(.unavailable, "injected") }
                    }
                    try await requireError(.unavailable, "the rebuild") {
                        _ = try await system.rebuild(
                            SampleLedger.digits, .init(retry: patient, patience: .milliseconds(20)), store: faulty
                        ).run()
                    }
                    try await system.requireStates([.live], of: "deposits-by-digit")
                    try await system.requireEqual(SampleLedger.digits)
                }
            },
        ]
}
