import EventLog
import EventModel
import ReadModel

extension ReadModelEngineConformance {
    static let versionLaws: [ReadModelEngineLaw] = [
        ReadModelEngineLaw("a raised version is built beside the old one, both programs running, and the old one steps aside") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let queries = system.queries(SampleLedger.accounts)
                let (told, tell) = AsyncStream<Void>.makeStream()
                let environment = EngineEnvironment(
                    clock: TellingClock { tell.yield() }, now: EngineEnvironment.system.now, jitter: EngineEnvironment.system.jitter)
                let old = system.runner(SampleLedger.accounts, environment: environment)
                let signal = AppliedSignal()
                try await system.running(old) {
                    let before = try await system.writer.append("account/5", SampleLedger.encode(.deposited(7)))
                    _ = try await queries.positions(of: "accounts", waitFor: [before], timeout: .seconds(600))
                    // Two of the new: one builds, the other waits for it.
                    try await system.running(
                        system.runner(SampleLedger.accountsInCents, signal: signal),
                        system.runner(SampleLedger.accountsInCents, signal: signal)
                    ) {
                        await signal.wait(for: [before], in: "accounts")
                        let after = try await system.writer.append("account/5", SampleLedger.encode(.deposited(7)))
                        // The old program still answers, by the new rows.
                        let row = try await queries.row(of: "accounts", key: "5", waitFor: [before, after], timeout: .seconds(600))
                        try require(row.schema.projection.version == 2, "version \(row.schema.projection.version) answers")
                        for await _ in told {
                            guard case .stopped(let why) = old.status.state else { continue }
                            try require(why.contains("older") && why.contains("accounts"), "the old worker stopped with: \(why)")
                            break
                        }
                    }
                }
                try await system.requireStates([.retired, .live], of: "accounts")
                try await system.requireEqual(SampleLedger.accountsInCents)
                try await requireError(.incompatibleLayout, "a rebuild by the old program") {
                    _ = try await system.rebuild(SampleLedger.accounts).run()
                }
                try await requireError(.nothingToRollBackTo, "a rollback by a program without the old fold") {
                    _ = try await system.rebuild(SampleLedger.accountsInCents).rollBack()
                }
            }
        }
    ]
}
