import Foundation
import Testing

extension AppTests {
    @Suite struct RebuildingTests {
        @Test(.timeLimit(.minutes(5))) func aReplayUnderLoadDisturbsNobody() async throws {
            let commerce = try Installation()
            let orders = try await commerce.makeOrders(800)
            try await commerce.up { server in
                _ = try await commerce.load(orders, to: server)
                try await commerce.checkViews(server, against: orders)
                let load = ReplayLoad(server)
                let isDone = Flag()
                async let queried = queries(of: server, until: isDone)
                try await load.beside {
                    for (arguments, outcome, generation) in [([], "swapped", 2), (["--rollback"], "rolled-back", 1)] {
                        try await load.waitForMore(20)
                        let before = load.written
                        let replay = try await commerce.run(["replay", "--all", "--json"] + arguments)
                        #expect(replay.status == 0, "\(replay.text)\(replay.errors)")
                        #expect(replay.errors.contains(" %, ") && !replay.errors.contains("["), "a bar is for terminals: \(replay.errors)")
                        #expect(load.written > before, "nothing was written meanwhile: it proves nothing")
                        let results = try replay.lines.map { try JSON($0) }
                        #expect(results.count == 4)
                        for result in results {
                            #expect(result["outcome"] == .string(outcome) && result["generation"].integer == generation, "\(result)")
                            guard outcome == "swapped" else { continue }
                            #expect(result["verification"]["differenceCount"].integer == 0, "\(result)")
                        }
                        try await load.waitForMore(20)
                    }
                }
                isDone.raise()
                #expect(try await queried > 0)
                try await LogChecker(commerce).checkViews([server])
                let verified = try await commerce.run("verify", "--all", "--json")
                #expect(verified.status == 0)
                #expect(try verified.lines.map { try JSON($0)["generation"].integer } == [1, 1, 1, 1])
                let text = try await commerce.run("replay", "order-summary", "--rollback")
                #expect(text.status == 0 && text.text.contains("generation 2 is live again"), "\(text.text)\(text.errors)")
            }
        }

        /// Asks for whole views again and again; none may fail, and no customer's count may go down.
        private func queries(of server: Server, until isDone: Flag) async throws -> Int {
            var counts: [String: Int] = [:]
            var total = 0
            while !isDone.isRaised {
                for view in ["customer-ledger", "sales-by-country", "sales-by-day"] {
                    for (key, row) in try await server.rows(view) {
                        let count = (row["orders"].integer ?? 0) + (row["returns"].integer ?? 0)
                        #expect(count >= counts["\(view) \(key)"] ?? 0, "\(view) \(key) went back")
                        counts["\(view) \(key)"] = count
                    }
                    total += 1
                }
            }
            return total
        }

        @Test(.timeLimit(.minutes(5))) func aSecondReplayIsRefused() async throws {
            let commerce = try Installation()
            let database = ReadModelDatabase.sqlite(of: commerce)
            try await commerce.up { server in
                _ = try await commerce.load(to: server)
                try await commerce.checkViews(server)
                // Only its lease tells a killed builder from a living one.
                try await commerce.killReplay(["replay", "order-summary", "--memory", "1k"], of: "order-summary", in: database)
                try await database.moveLeases(by: .seconds(120))
                for arguments in [[], ["--no-verify"], ["--memory", "1k"]] {
                    let second = try await commerce.run(["replay", "order-summary"] + arguments)
                    #expect(second.status == 1, "\(second.text)")
                    #expect(second.errors.contains("is being rebuilt by"), "\(second.errors)")
                }
                // Another projection is free.
                #expect(try await commerce.run("replay", "sales-by-day").status == 0)
                try await database.moveLeases(by: .seconds(-240))
                let next = try await commerce.run("replay", "order-summary")
                #expect(next.status == 0, "\(next.errors)")
                #expect(try await database.states("order-summary") == ["retired", "live"])
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [SIGINT, SIGTERM]) func aReplayThatIsToldToStopLeavesTheLiveRowsAsTheyWere(
            _ signal: Int32
        ) async throws {
            let commerce = try Installation()
            let database = ReadModelDatabase.sqlite(of: commerce)
            try await commerce.up { server in
                _ = try await commerce.load(to: server)
                try await commerce.checkViews(server)
                let (exit, errors) = try await commerce.interruptingReplay(
                    ["replay", "order-summary", "--memory", "1k"], of: "order-summary", in: database, by: signal)
                #expect(exit == .status(1) && errors.contains("the live rows are as they were"), "\(exit) \(errors)")
                // One that was filled before the signal came is kept for the next replay, which is told.
                let states = try await database.states("order-summary")
                let isKept = states == ["live", "ready"] && errors.contains("takes on generation 2")
                #expect(states == ["live"] || isKept, "\(states) \(errors)")
                // No lease stands in the way of the next one.
                let next = try await commerce.run("replay", "order-summary")
                #expect(next.status == 0, "\(next.text)\(next.errors)")
                #expect(try await database.states("order-summary") == ["retired", "live"])
                try await commerce.checkViews(server)
            }
        }

        @Test(.timeLimit(.minutes(5))) func aReplayOfNothingIsAUsageError() async throws {
            let commerce = try Installation()
            try await commerce.up { _ in
                for arguments in [["replay", "nothing"], ["verify", "nothing"], ["project", "--projection", "nothing"]] {
                    let unknown = try await commerce.run(arguments)
                    #expect(unknown.status == 64)
                    #expect(unknown.errors.contains("order-summary"), "names those there are")
                }
                #expect(try await commerce.run("replay").status == 64)
                #expect(try await commerce.run("verify").status == 64)
                let rollback = try await commerce.run("replay", "order-summary", "--rollback")
                #expect(rollback.status == 1)
                #expect(rollback.errors.contains("retired"))
                for ignored in [["--no-swap"], ["--no-verify"], ["--parallel", "2"], ["--memory", "1M"]] {
                    let mixed = try await commerce.run(["replay", "order-summary", "--rollback"] + ignored)
                    #expect(mixed.status == 64)
                    #expect(mixed.errors.contains(ignored[0]), "\(mixed.errors)")
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func verifyNamesTheRowsThatDiffer() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                var positions: [String] = []
                for id in 1...20 { positions.append(try #require(try await server.place("\(id)").position)) }
                try await server.waitForViews(positions: positions)
                let equal = try await commerce.run("verify", "--all")
                #expect(equal.status == 0, "\(equal.text)\(equal.errors)")

                let database = ReadModelDatabase.sqlite(of: commerce)
                let table = try await database.liveTable("order-summary")
                let others = try await database.execute("SELECT name FROM pragma_table_info('\(table)') WHERE name <> 'order_id'")
                    .compactMap { $0.texts["name"] ?? nil }
                try await database.execute("UPDATE \(table) SET country = 'Nowhere' WHERE order_id = '7'")
                try await database.execute("DELETE FROM \(table) WHERE order_id = '12'")
                try await database.execute(
                    "INSERT INTO \(table) (order_id, \(others.joined(separator: ", "))) "
                        + "SELECT 'made-up', \(others.joined(separator: ", ")) FROM \(table) WHERE order_id = '1'")
                let different = try await commerce.run("verify", "--all", "--json")
                #expect(different.status == 2)
                let results = try different.lines.map { try JSON($0) }
                let summary = try #require(results.first { $0["projection"] == .string("order-summary") })
                #expect(summary["differenceCount"].integer == 3)
                let kinds = Dictionary(
                    uniqueKeysWithValues: summary["differences"].elements.map { ($0["key"].text ?? "", $0["kind"].text ?? "") })
                #expect(kinds == ["7": "different", "12": "missing", "made-up": "unexpected"])
                #expect(results.filter { $0["differenceCount"].integer != 0 }.count == 1)
                let text = try await commerce.run("verify", "order-summary")
                #expect(text.status == 2)
                for word in ["DIFFERS", "Nowhere", "missing 12", "unexpected made-up"] { #expect(text.text.contains(word), "\(text.text)") }

                // A replay sees it too, and mends it when told to.
                let replay = try await commerce.run("replay", "order-summary")
                #expect(replay.status == 2)
                #expect(try await server.get("/v1/views/order-summary/7").text.contains("Nowhere"))
                let mended = try await commerce.run("replay", "order-summary", "--no-verify")
                #expect(mended.status == 0, "\(mended.errors)")
                #expect(try await commerce.run("verify", "--all").status == 0)
                #expect(try await server.get("/v1/views/order-summary/7").text.contains("France"))
                #expect(try await server.get("/v1/views/order-summary/made-up").status == 404)
            }
        }
    }
}
