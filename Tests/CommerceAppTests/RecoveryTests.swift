import Foundation
import Testing

extension AppTests {
    /// What is a fold of the log may be lost; the log may not, and a loss is told.
    @Suite struct RecoveryTests {
        @Test(.timeLimit(.minutes(5)), arguments: [["state"], ["views"], ["state", "views"]])
        func whatIsAFoldOfTheLogComesBack(_ lost: [String]) async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                _ = try await commerce.load(to: server)
                try await commerce.checkViews(server)
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
                // What is not lost is not thrown away either: the next start does not read the log again.
                #expect(!server.process.standardError.text.contains("discarded"), "\(server.process.standardError.text)")
            }
            if lost.contains("state") { try commerce.remove("data/state") }
            if lost.contains("views") { try commerce.removeDatabase("data/views.sqlite") }
            let ends = try await commerce.events().count
            try await commerce.up { server in
                let (again, _) = try await commerce.load(to: server)
                #expect(again["replayed"].integer == 300)
                try await commerce.checkViews(server)
                #expect(try await server.get("/health/ready").status == 200)
                #expect(try await server.place("new").status == 201)
            }
            #expect(try await commerce.events().count == ends + 1)
        }

        @Test(.timeLimit(.minutes(5))) func anotherLogUnderTheViewsIsToldAndNeverSkipped() async throws {
            let commerce = try Installation(["HIGHWATER_PARTITIONS": "1"])
            try await commerce.up { server in
                let placed = try await server.place("old-1")
                #expect(placed.status == 201)
            }
            // Another claim: the old log ends in a higher epoch than its first.
            try await commerce.up { server in
                var positions: [String] = []
                for id in 2...10 { positions.append(try #require(try await server.place("old-\(id)").position)) }
                try await server.waitForViews(positions: positions)
            }
            try commerce.removeDatabase("data/log.sqlite")
            try await commerce.up { server in
                // More than there were, so that offsets alone would not tell.
                var position = ""
                for id in 1...20 {
                    let placed = try await server.place("new-\(id)")
                    #expect(placed.status == 201, "\(placed.text)")
                    position = placed.position ?? position
                }
                _ = try #require(
                    await server.process.standardError.first { $0.contains("truncated or recreated") && $0.contains("projection") },
                    "the log says so")
                // Commands are decided, and the views' rows are those of the log that they were made from.
                let ready = try await server.get("/health/ready")
                #expect(ready.status == 200 && ready.json["status"].text == "degraded", "\(ready.text)")
                #expect(ready.text.contains("truncated or recreated"), "\(ready.text)")
                #expect(try await server.get("/health/ready/projections").status == 503)
                let query = try await server.get(
                    "/v1/views/order-summary/new-20", headers: ["Highwater-Position": position, "Prefer": "wait=1"])
                #expect(query.status == 503, "\(query.text)")
                let status = try await commerce.run("status")
                #expect(status.text.contains("truncated or recreated"), "\(status.text)\(status.errors)")
                let verify = try await commerce.run("verify", "--all")
                #expect(verify.status != 0)
                // The way out.
                let replay = try await commerce.run("replay", "--all")
                #expect(replay.status == 0, "\(replay.errors)")
                let row = try await server.get("/v1/views/order-summary/new-20", at: [position])
                #expect(row.status == 200, "\(row.text)")
                try await server.waitForViews(positions: [position])
                #expect(try await server.get("/v1/views/order-summary/old-1").status == 404)
                // The workers go on by themselves.
                let after = try await server.place("after")
                try await server.waitForViews(positions: [try #require(after.position)])
                let healthy = try await server.get("/health/ready")
                #expect(healthy.status == 200 && healthy.json["status"].text == "ready", "\(healthy.text)")
            }
        }

        @Test(.timeLimit(.minutes(5))) func aFullDiskIsAnErrorAtTheCommandThatMeetsIt() async throws {
            let commerce = try Installation(["HIGHWATER_PARTITIONS": "1"])
            // Files may not grow beyond 600 KiB, which a write meets as it meets a full disk.
            try await commerce.up(shell: "trap '' XFSZ; ulimit -S -f 600") { server in
                // Every view has begun before the disk is full.
                let first = try #require(try await server.place("first").position)
                try await server.waitForViews(positions: [first])
                var acknowledged = ["order/first"]
                var failure: Server.Answer?
                for id in 0..<200 where failure == nil {
                    let answer = try await server.place("\(id)", order(description: String(repeating: "x", count: 200), lines: 100))
                    if answer.status == 201 { acknowledged.append("order/\(id)") } else { failure = answer }
                }
                let full = try #require(failure, "the disk was never full")
                #expect(full.status == 503)
                #expect(full.problem == "unavailable")
                let detail = try #require(full.json["detail"].text)
                #expect(["disk", "space", "full", "written", "I/O"].contains { detail.contains($0) }, "\(detail)")
                #expect(!detail.contains("sqlite"), "which file it is, operators are told: \(detail)")
                #expect(acknowledged.count > 1)
                // What was there can be read.
                let row = try await server.get("/v1/views/order-summary?limit=1", at: [first])
                #expect(row.json["rows"].elements.count == 1, "\(row.text)")
                let shown = try await commerce.run("events", "show", "order/0")
                #expect(shown.status == 0, "\(shown.errors)")
                #expect(try await server.get("/health/live").status == 200)
                #expect(Set(try await commerce.events().compactMap { $0["stream"].text }).isSuperset(of: acknowledged))

                // There is space again.
                let raised = try await commerce.runTool("prlimit", "--pid", "\(server.process.processID)", "--fsize=unlimited:unlimited")
                try #require(raised.status == 0, "\(raised.errors)")
                var answer = try await server.place("after")
                while answer.status == 503 { answer = try await server.place("after") }
                #expect(answer.status == 201, "\(answer.text)")
                try await server.waitForViews(positions: [try #require(answer.position)])
                acknowledged.append("order/after")
                let stored = try await commerce.events().compactMap { $0["stream"].text }
                #expect(Set(stored).isSuperset(of: acknowledged))
                #expect(Set(stored).count == stored.count)
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
            let before = try await commerce.events().count
            try await commerce.up { server in
                #expect(try await server.place("restarted").status == 201)
                #expect(try await commerce.events().count == before + 1)
                let verify = try await commerce.run("verify", "--all")
                #expect(verify.status == 0, "\(verify.text)")
            }
        }
    }
}
