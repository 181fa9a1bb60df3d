import Foundation
import Testing

extension AppTests {
    /// SQLite and Postgres: the same projections, the same rows.
    @Suite(.enabled(if: TestDatabase.isThere, TestDatabase.isMissing)) struct ReadModelsTests {
        @Test(.timeLimit(.minutes(10)), arguments: [Installation.sample, Installation.realOrders].compactMap { $0 })
        func bothHoldTheSameRows(_ orders: String) async throws {
            // A command that is answered too late is sent again, and counts as replayed then.
            try await ReadModelDatabase.withBoth(["HIGHWATER_COMMAND_TIMEOUT_SECONDS": "30"]) { commerce, sqlite, postgres in
                var answers: [String: [String]] = [:]
                for (first, second) in [(sqlite, postgres), (postgres, sqlite)] {
                    // The first of the list answers queries.
                    try await commerce.up(["HIGHWATER_READ_MODEL": "\(first.setting),\(second.setting)"]) { server in
                        if first.kind == .sqlite {
                            let (result, status) = try await commerce.load(orders, to: server)
                            #expect(status == 2)
                            #expect(result["refused"].integer == 0 && result["replayed"].integer == 0)
                            try await commerce.expectEveryInvoiceOnce(result["invoices"].integer ?? 0)
                        }
                        try await commerce.checkViews(server, against: orders)
                        try await commerce.waitUntilCaughtUp()
                        for view in views {
                            let answered = Set(try await server.rows(view).values.map(ViewRow.init))
                            #expect(answered.count > 5)
                            expectEqual(answered, try await first.rows(view), "\(view) over HTTP and in \(first.name)")
                            expectEqual(answered, try await second.rows(view), "\(view) over HTTP and in \(second.name)")
                        }
                        answers[first.name] = try await pages(of: server)
                        server.process.signal(SIGTERM)
                        #expect(await server.process.wait() == .status(0))
                    }
                }
                #expect(answers["sqlite"] == answers["postgres"])
                let verified = try await commerce.run("verify", "--all", "--json")
                #expect(verified.status == 0, "\(verified.text)\(verified.errors)")
                let results = try verified.lines.map { try JSON($0) }
                for store in ["sqlite", "postgres"] { #expect(results.count { $0["store"] == .string(store) } == 4) }
                #expect(results.allSatisfy { $0["rows"].integer ?? 0 > 0 })
            }
        }

        /// Filters, pages, each with the next one, and single rows, as they are answered.
        private func pages(of server: Server) async throws -> [String] {
            var texts: [String] = []
            for path in [
                "order-summary?country=France&limit=7", "order-summary?status=placed&country=United%20Kingdom&limit=50",
                "order-summary?customerId=17850", "order-summary?status=nonsense", "customer-ledger?limit=9", "sales-by-day?limit=3",
                "sales-by-country/United%20Kingdom",
            ] {
                let answer = try await server.get("/v1/views/\(path)")
                #expect(answer.status == 200, "\(path): \(answer.text)")
                texts.append(answer.text)
                guard let next = answer.json["next"].text else { continue }
                let after = try #require(next.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let page = try await server.get("/v1/views/\(path)&after=\(after)")
                #expect(page.status == 200 && page.text != answer.text, "\(path): \(page.text)")
                texts.append(page.text)
            }
            #expect(texts.count > 8, "there were hardly any further pages")
            #expect(try await server.get("/v1/views/order-summary/none").status == 404)
            return texts
        }

        /// Workers of either database on one log, in processes of their own; one of them is killed on the way.
        @Test(.timeLimit(.minutes(5)), arguments: ["sqlite", "kafka"])
        func eachIsCompleteWhoeverFeedsTheOther(_ log: String) async throws {
            if log == "sqlite" {
                try await fedByDifferentProcesses([:]) { _ in }
            } else {
                try await KafkaCluster.with(.mock) { cluster in
                    try await fedByDifferentProcesses(["HIGHWATER_LOG": "kafka://\(cluster.bootstrap)"]) { commerce in
                        try await cluster.makeTopics(commerce, partitions: 4)
                    }
                }
            }
        }

        private func fedByDifferentProcesses(
            _ settings: [String: String], prepare: (Installation) async throws -> Void
        ) async throws {
            try await ReadModelDatabase.withBoth(settings) { commerce, sqlite, postgres in
                try await prepare(commerce)
                let orders = try await commerce.makeOrders(600)
                try await commerce.running("serve", settings: postgres.settings) { serve in
                    let line = await serve.standardError.first { $0.contains("\"message\":\"listening\"") }
                    let url = try #require(try line.flatMap { try JSON($0)["url"].text }, "\(serve.standardError.text)")
                    try #require(await serve.standardError.waitFor(4) { $0.contains("\"writing ordering/") })
                    let server = Server(url: url, process: serve)
                    try await commerce.running("project", settings: sqlite.settings) { forSQLite in
                        try await commerce.running("project", settings: postgres.settings) { first in
                            try await commerce.running("project", settings: postgres.settings) { second in
                                try await commerce.running("load", orders, "--url", url) { load in
                                    try await eventually("some rows are in both") {
                                        for database in [sqlite, postgres] where try await database.rows("order-summary").count < 50 {
                                            return false
                                        }
                                        return true
                                    }
                                    first.signal(SIGKILL)
                                    #expect(await first.wait() == .signal(SIGKILL))
                                    #expect(await load.wait() == .status(2), "\(load.standardError.text)")
                                }
                                try await commerce.checkViews(server, against: orders)
                                try await commerce.waitUntilCaughtUp()
                                for view in views {
                                    let rows = try await (sqlite.rows(view), postgres.rows(view))
                                    expectEqual(rows.0, rows.1, "\(view) in SQLite and in Postgres")
                                }
                                let verified = try await commerce.run("verify", "--all")
                                #expect(verified.status == 0 && verified.lines.count == 8, "\(verified.text)\(verified.errors)")
                                #expect(!second.hasEnded && !forSQLite.hasEnded)
                            }
                        }
                    }
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func verifyNamesTheRowsOfPostgresThatDiffer() async throws {
            try await ReadModelDatabase.withBoth { commerce, _, postgres in
                try await commerce.up(postgres.settings) { server in
                    var positions: [String] = []
                    for id in 1...20 { positions.append(try #require(try await server.place("\(id)").position)) }
                    try await server.waitForViews(positions: positions)
                    let equal = try await commerce.run(["verify", "--all"], postgres.settings)
                    #expect(equal.status == 0, "\(equal.text)\(equal.errors)")

                    let table = try await postgres.liveTable("order-summary")
                    try await postgres.execute("UPDATE \(table) SET country = 'Nowhere' WHERE order_id = '7'")
                    try await postgres.execute("DELETE FROM \(table) WHERE order_id = '12'")
                    try await postgres.execute(
                        """
                        INSERT INTO \(table)
                        SELECT (jsonb_populate_record(t, '{"order_id": "made-up"}')).* FROM \(table) t WHERE order_id = '1'
                        """)
                    let different = try await commerce.run(["verify", "--all", "--json"], postgres.settings)
                    #expect(different.status == 2)
                    let results = try different.lines.map { try JSON($0) }
                    try expectDrift(try #require(results.first { $0["projection"] == .string("order-summary") }))
                    #expect(results.filter { $0["differenceCount"].integer != 0 }.count == 1)
                    let text = try await commerce.run(["verify", "order-summary"], postgres.settings)
                    #expect(text.status == 2)
                    for word in ["DIFFERS", "Nowhere", "missing 12", "unexpected made-up"] {
                        #expect(text.text.contains(word), "\(text.text)")
                    }

                    // A replay sees it too, and mends it when told to.
                    let replay = try await commerce.run(["replay", "order-summary", "--json"], postgres.settings)
                    #expect(replay.status == 2)
                    let result = try JSON(replay.text)
                    #expect(result["outcome"] == .string("differs"))
                    try expectDrift(result["verification"])
                    #expect(try await server.get("/v1/views/order-summary/7").text.contains("Nowhere"))
                    let mended = try await commerce.run(["replay", "order-summary", "--no-verify"], postgres.settings)
                    #expect(mended.status == 0, "\(mended.errors)")
                    #expect(try await commerce.run(["verify", "--all"], postgres.settings).status == 0)
                    #expect(try await server.get("/v1/views/order-summary/7").text.contains("France"))
                    #expect(try await server.get("/v1/views/order-summary/12").status == 200)
                    #expect(try await server.get("/v1/views/order-summary/made-up").status == 404)
                }
            }
        }

        /// The keys that were tampered with, each with the row that should be and the row that is.
        private func expectDrift(_ verification: JSON, sourceLocation: SourceLocation = #_sourceLocation) throws {
            #expect(verification["differenceCount"].integer == 3, sourceLocation: sourceLocation)
            let found = Dictionary(uniqueKeysWithValues: verification["differences"].elements.map { ($0["key"].text ?? "", $0) })
            #expect(
                found.mapValues { $0["kind"].text } == ["7": "different", "12": "missing", "made-up": "unexpected"],
                sourceLocation: sourceLocation)
            func country(_ key: String, _ side: String) throws -> String? {
                try found[key]?[side].text.flatMap { try JSON($0)["country"].text }
            }
            #expect(try country("7", "expected") == "France" && country("7", "actual") == "Nowhere", sourceLocation: sourceLocation)
            #expect(try country("12", "expected") == "France" && country("12", "actual") == nil, sourceLocation: sourceLocation)
            #expect(try country("made-up", "expected") == nil && country("made-up", "actual") == "France", sourceLocation: sourceLocation)
        }
    }
}
