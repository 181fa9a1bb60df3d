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
        },
        ReadModelEngineLaw("a version with columns of 128 bits takes the place of one of 64, and is exact beyond them") { harness in
            try await harness.with { store in
                let system = try await caughtUp(store)
                let before = try await store.rows(of: "deposits-by-digit", matching: RowQuery())
                let end = try await system.writer.append("account/5", SampleLedger.encode(.deposited(7)))
                let building = InterceptedReadModelStore(store) { step in
                    guard step == .beforeActivate else { return }
                    let during = try await store.rows(of: "deposits-by-digit", matching: RowQuery())
                    try require(during.value == before.value && during.schema.projection.version == 1, "meanwhile it is \(during)")
                }
                let queries = system.queries(SampleLedger.wideDigits)
                try await system.running(system.runner(SampleLedger.wideDigits, store: building)) {
                    await system.signal.wait(for: [end], in: "deposits-by-digit")
                    var ends: [LogPosition] = []
                    for account in 0..<8 {
                        for _ in 0..<2 {
                            ends.append(try await system.writer.append("account/\(account)", SampleLedger.encode(.deposited(.max))))
                        }
                    }
                    let row = try await queries.row(of: "deposits-by-digit", key: "7", waitFor: ends, timeout: .seconds(600))
                    guard let old = before.value.first(where: { $0.key == "7" })?.values[1].number else {
                        throw BrokenReadModelStoreLaw("there was no such row")
                    }
                    let total = old + 7 + 16 * Int128(Int64.max)
                    try require(row.value?.values[1] == .number(total), "16 deposits of the most come to \(String(describing: row.value))")
                    try require(
                        RowJSON.text(row.value ?? before.value[0], row.schema).contains("\"totalMicros\":\"\(total)\""),
                        "as JSON it is other")
                }
                try await system.requireStates([.retired, .live], of: "deposits-by-digit")
                try await system.requireEqual(SampleLedger.wideDigits)
                let rebuilt = try await system.rebuild(SampleLedger.wideDigits).run()
                try require(rebuilt.outcome == .swapped && rebuilt.verification?.isEqual == true, "a rebuild ended as \(rebuilt)")
                try await system.requireEqual(SampleLedger.wideDigits, memory: 0)
            }
        },
    ]
}
