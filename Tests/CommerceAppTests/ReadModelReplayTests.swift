import Foundation
import Testing

extension AppTests {
    /// `replay` on Postgres, and killed on either store.
    @Suite(.enabled(if: TestDatabase.isThere, TestDatabase.isMissing)) struct ReadModelReplayTests {
        @Test(.timeLimit(.minutes(5))) func aReplayOnPostgresUnderLoadDisturbsNobody() async throws {
            try await ReadModelDatabase.withBoth { commerce, sqlite, postgres in
                let both = ["HIGHWATER_READ_MODEL": "\(postgres.setting),\(sqlite.setting)"]
                let orders = try await commerce.makeOrders(800)
                try await commerce.up(both) { server in
                    _ = try await commerce.load(orders, to: server)
                    try await commerce.waitUntilCaughtUp()
                    let load = ReplayLoad(server)
                    try await load.beside {
                        for (arguments, outcome, generation) in [
                            ([], "swapped", 2), (["--memory", "1k"], "swapped", 3), (["--rollback"], "rolled-back", 2),
                        ] {
                            try await load.waitForMore(20)
                            let before = load.written
                            let replay = try await commerce.run(["replay", "--all", "--store", "postgres", "--json"] + arguments)
                            #expect(replay.status == 0, "\(replay.text)\(replay.errors)")
                            #expect(load.written > before, "nothing was written meanwhile: it proves nothing")
                            let results = try replay.lines.map { try JSON($0) }
                            #expect(results.count == 4)
                            for result in results {
                                #expect(result["store"] == .string("postgres") && result["outcome"] == .string(outcome), "\(result)")
                                #expect(result["generation"].integer == generation, "\(result)")
                                guard outcome == "swapped" else { continue }
                                #expect(result["verification"]["differenceCount"].integer == 0, "\(result)")
                                #expect(result["verification"]["rows"].integer ?? 0 > 0, "\(result)")
                            }
                            try await load.waitForMore(20)
                        }
                    }
                    try await commerce.waitUntilCaughtUp()
                    let verified = try await commerce.run("verify", "--all", "--json")
                    #expect(verified.status == 0, "\(verified.text)\(verified.errors)")
                    for result in try verified.lines.map({ try JSON($0) }) {
                        #expect(result["generation"].integer == (result["store"] == .string("postgres") ? 2 : 1))
                    }
                    for view in views {
                        let rows = try await (sqlite.rows(view), postgres.rows(view))
                        expectEqual(rows.0, rows.1, "\(view) in SQLite and in Postgres")
                    }
                }
            }
        }

        /// Killed once while it builds, and at moments that the seed chooses, from its start to a little after its end.
        @Test(.timeLimit(.minutes(6)), arguments: [1] as [UInt64])
        func aKilledReplayLeavesTheViewAndTheNextOneSucceeds(_ seed: UInt64) async throws {
            var random = SeededGenerator(seed: seed)
            try await ReadModelDatabase.withBoth { commerce, sqlite, postgres in
                let orders = try await commerce.makeOrders(600)
                try await commerce.up { server in
                    _ = try await commerce.load(orders, to: server)
                    try await commerce.waitUntilCaughtUp()
                    let before = try await sqlite.allRows()
                    for database in [sqlite, postgres] {
                        for (index, view) in views.enumerated() {
                            let arguments = ["replay", view, "--store", database.name] + (index % 2 == 0 ? ["--memory", "1k"] : [])
                            func expectUntouched(_ when: String) async throws {
                                expectEqual(try await database.rows(view), before[view] ?? [], "\(view) in \(database.name) \(when)")
                            }
                            let start = ContinuousClock.now
                            let whole = try await commerce.run(arguments)
                            #expect(whole.status == 0, "\(whole.errors)")
                            var length = start.duration(to: .now)
                            var kills = 0
                            while kills < 2 {
                                let moment = length * Double.random(in: 0.05..<1.05, using: &random)
                                let exit = try await commerce.running(arguments) { replay in
                                    // No signal would come at any moment but its own.
                                    try await Task.sleep(for: moment)
                                    replay.signal(SIGKILL)
                                    let exit = await replay.wait()
                                    #expect(exit == .signal(SIGKILL) || exit == .status(0), "\(exit) \(replay.standardError.text)")
                                    return exit
                                }
                                // Where it was faster than the one that was timed, sooner.
                                if exit == .signal(SIGKILL) { kills += 1 } else { length = min(length, moment) }
                                try await expectUntouched("after \(moment)")
                                // In the place of the time that the one killed is waited for.
                                try await database.moveLeases(by: .seconds(-60))
                            }
                            try await commerce.killReplay(arguments, of: view, in: database)
                            try await expectUntouched("after the one that was building")
                        }
                    }
                    // Workers are where they were.
                    try await server.waitForViews(positions: [try #require(try await server.place("after").position)])
                    try await commerce.waitUntilCaughtUp()
                    let verified = try await commerce.run("verify", "--all")
                    #expect(verified.status == 0, "\(verified.text)\(verified.errors)")

                    for database in [sqlite, postgres] {
                        for view in views { try await replayOnceFree(commerce, view, database) }
                    }
                    let again = try await commerce.run("verify", "--all")
                    #expect(again.status == 0 && again.lines.count == 8, "\(again.text)\(again.errors)")
                    for view in views { expectEqual(try await sqlite.rows(view), try await postgres.rows(view), view) }
                }
            }
        }

        /// Refused at the most once: what the refusal says of when to try again is true.
        private func replayOnceFree(_ commerce: Installation, _ view: String, _ database: ReadModelDatabase) async throws {
            let arguments = ["replay", view, "--store", database.name]
            var result = try await commerce.run(arguments)
            if result.status == 1 {
                let left = try refusal(result.errors).timeIntervalSinceNow
                #expect(left < 31, "\(result.errors)")
                // All but the last second of it is not waited for.
                if left > 1 { try await database.moveLeases(by: .seconds(1 - left)) }
                try await Task.sleep(for: .seconds(max(0, min(left, 1))))
                result = try await commerce.run(arguments)
            }
            #expect(result.status == 0 && result.text.contains("swapped"), "\(result.text)\(result.errors)")
        }

        /// Until when whoever was killed holds the projection, as the refusal tells.
        private func refusal(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Date {
            #expect(text.contains("is being rebuilt by") && text.contains("if it was killed"), "\(text)", sourceLocation: sourceLocation)
            let found = try #require(
                text.firstMatch(of: /until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z/), "\(text)", sourceLocation: sourceLocation)
            // To the next second.
            return try Date("\(found.1)Z", strategy: .iso8601).addingTimeInterval(1)
        }

        @Test(.timeLimit(.minutes(5))) func aSecondReplayOnPostgresIsRefused() async throws {
            try await ReadModelDatabase.withBoth { commerce, _, postgres in
                try await commerce.up(postgres.settings) { server in
                    _ = try await commerce.load(to: server)
                    try await commerce.checkViews(server)
                    let table = try await postgres.liveTable("order-summary")
                    // The first cannot read what it compares with, and so is not done.
                    try await postgres.locking(table) {
                        try await commerce.running("replay", "order-summary", settings: postgres.settings) { first in
                            try await eventually("the first builds") { try await postgres.states("order-summary") == ["live", "ready"] }
                            for arguments in [[], ["--no-verify"], ["--memory", "1k"]] {
                                let second = try await commerce.run(["replay", "order-summary"] + arguments, postgres.settings)
                                #expect(second.status == 1, "\(second.text)")
                                #expect(try refusal(second.errors) > Date(), "\(second.errors)")
                            }
                            #expect(!first.hasEnded)
                            // Another projection is nobody's business.
                            let other = try await commerce.run(["replay", "sales-by-day"], postgres.settings)
                            #expect(other.status == 0, "\(other.errors)")
                            try await postgres.unlock(table)
                            #expect(await first.wait() == .status(0), "\(first.standardError.text)")
                        }
                    }
                    #expect(try await postgres.states("order-summary") == ["retired", "live"])
                    try await commerce.checkViews(server)
                    #expect(try await commerce.run(["verify", "--all"], postgres.settings).status == 0)
                    let third = try await commerce.run(["replay", "order-summary"], postgres.settings)
                    #expect(third.status == 0, "\(third.errors)")
                }
            }
        }
    }
}
