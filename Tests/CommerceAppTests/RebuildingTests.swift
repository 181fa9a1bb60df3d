import Foundation
import Testing

extension AppTests {
    @Suite struct RebuildingTests {
        @Test(.timeLimit(.minutes(3))) func aReplayUnderLoadDisturbsNobody() async throws {
            let commerce = try Installation()
            let orders = try await commerce.makeOrders(1500)
            try await commerce.up { server in
                try await commerce.running("events", "tail", "--from", "beginning") { tail in
                    try await commerce.running("load", orders, "--url", server.url, "--concurrency", "8") { load in
                        try #require(await tail.standardOutput.waitFor(300))
                        let isDone = Flag()
                        async let queried = queries(of: server, until: isDone)
                        let replay = try await commerce.run("replay", "--all", "--json")
                        #expect(replay.status == 0, "\(replay.text)\(replay.errors)")
                        let results = try replay.lines.map { try JSON($0) }
                        #expect(results.count == 4)
                        for result in results {
                            #expect(result["outcome"] == .string("swapped"))
                            #expect(result["verification"]["differenceCount"].integer == 0)
                            #expect(result["generation"].integer == 2)
                        }
                        #expect(load.isRunning, "the load ended before the replay: it proves nothing")
                        isDone.raise()
                        #expect(try await queried > 0)
                        #expect(await load.wait() == .status(2), "\(load.standardError.text)")
                    }
                }
                try await commerce.checkViews(server, against: orders)
                #expect(try await commerce.run("verify", "--all").status == 0)

                let rollback = try await commerce.run("replay", "--all", "--rollback")
                #expect(rollback.status == 0, "\(rollback.errors)")
                #expect(rollback.text.contains("generation 1 is live again"))
                try await commerce.checkViews(server, against: orders)
                let verified = try await commerce.run("verify", "--all", "--json")
                #expect(verified.status == 0)
                #expect(try verified.lines.map { try JSON($0)["generation"].integer } == [1, 1, 1, 1])
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

        @Test(.timeLimit(.minutes(2))) func aSecondReplayIsRefused() async throws {
            let commerce = try Installation()
            let orders = try await commerce.makeOrders(600)
            try await commerce.up { server in
                _ = try await commerce.load(orders, to: server)
                try await commerce.checkViews(server, against: orders)
                try await commerce.running("replay", "order-summary", "--memory", "1k") { first in
                    // It tells of its progress once it has begun.
                    try #require(await first.standardError.waitFor(1))
                    first.signal(SIGSTOP)
                    let second = try await commerce.run("replay", "order-summary")
                    #expect(second.status == 1, "\(second.text)")
                    #expect(second.errors.contains("rebuil"), "\(second.errors)")
                    first.signal(SIGCONT)
                    #expect(await first.wait() == .status(0), "\(first.standardError.text)")
                }
                // Stopped for good, its traces do not stand in the next one's way.
                try await commerce.running("replay", "order-summary", "--memory", "1k") { first in
                    try #require(await first.standardError.waitFor(1))
                    first.signal(SIGINT)
                    _ = await first.wait()
                }
                try await commerce.checkViews(server, against: orders)
                #expect(try await commerce.run("replay", "sales-by-day", "sales-by-country").status == 0)
                try await commerce.checkViews(server, against: orders)
            }
        }

        @Test(.timeLimit(.minutes(1))) func aReplayOfNothingIsAUsageError() async throws {
            let commerce = try Installation()
            try await commerce.up { _ in
                let unknown = try await commerce.run("replay", "nothing")
                #expect(unknown.status == 1)
                #expect(unknown.errors.contains("order-summary"), "names those there are")
                #expect(try await commerce.run("replay").status == 64)
                #expect(try await commerce.run("verify").status == 64)
                let rollback = try await commerce.run("replay", "order-summary", "--rollback")
                #expect(rollback.status == 1)
                #expect(rollback.errors.contains("retired"))
            }
        }

        @Test(.timeLimit(.minutes(1))) func verifyNamesTheRowsThatDiffer() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                var positions: [String] = []
                for id in 1...20 { positions.append(try #require(try await server.place("\(id)").position)) }
                try await server.waitForViews(positions: positions)
                let equal = try await commerce.run("verify", "--all")
                #expect(equal.status == 0, "\(equal.text)\(equal.errors)")

                let table = try await commerce.liveTable("order-summary")
                try await commerce.change("UPDATE \"\(table)\" SET \"country\" = 'Nowhere' WHERE \"order_id\" = '7'")
                try await commerce.change("DELETE FROM \"\(table)\" WHERE \"order_id\" = '12'")
                try await commerce.change(
                    "INSERT INTO \"\(table)\" SELECT 'made-up', \(try await commerce.columns(of: table, but: "order_id")) FROM \"\(table)\" WHERE \"order_id\" = '1'"
                )
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

extension CommerceProcess {
    fileprivate var isRunning: Bool { !hasEnded }
}

extension Installation {
    /// The table of a projection's newest generation.
    fileprivate func liveTable(_ projection: String) async throws -> String {
        let output = try await runTool(
            "python3", "-c",
            """
            import sqlite3, sys
            names = [r[0] for r in sqlite3.connect(sys.argv[1]).execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            print(*[n for n in names if n.startswith(sys.argv[2])], sep="\\n")
            """, file("data/views.sqlite"), projection.replacing("-", with: "_"))
        return try #require(output.lines.last, "\(output.errors)")
    }

    fileprivate func columns(of table: String, but excluded: String) async throws -> String {
        let output = try await runTool(
            "python3", "-c",
            """
            import sqlite3, sys
            print(", ".join('"%s"' % r[1] for r in sqlite3.connect(sys.argv[1]).execute('PRAGMA table_info("%s")' % sys.argv[2]) if r[1] != sys.argv[3]))
            """, file("data/views.sqlite"), table, excluded)
        return try #require(output.lines.first, "\(output.errors)")
    }

    fileprivate func change(_ sql: String) async throws {
        let output = try await runTool(
            "python3", "-c", "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=20)\ndb.execute(sys.argv[2])\ndb.commit()",
            file("data/views.sqlite"), sql)
        try #require(output.status == 0, "\(output.errors)")
    }
}
