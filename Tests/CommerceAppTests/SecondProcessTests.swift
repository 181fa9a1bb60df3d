import Foundation
import Testing

extension AppTests {
    /// Two processes on one log: the newer serves, and the older goes on when that has ended.
    @Suite struct SecondProcessTests {
        @Test(.timeLimit(.minutes(5)), arguments: [SIGTERM, SIGKILL])
        func theFirstGoesOnWhenTheSecondHasEnded(_ signal: Int32) async throws {
            let commerce = try Installation()
            try await commerce.up { first in
                var acknowledged: [String] = []
                func place(_ id: String, on server: Server) async throws {
                    let answer = try await server.place(id, headers: ["Idempotency-Key": "key-\(id)"])
                    #expect(answer.status == 201 && answer.json["replayed"] == .bool(false), "\(answer.text)")
                    acknowledged.append("order/\(id)")
                }
                for id in 0..<20 { try await place("a-\(id)", on: first) }
                try await commerce.up { second in
                    #expect(await second.process.standardError.first { $0.contains("another process serves this log") } != nil)
                    for id in 0..<20 { try await place("b-\(id)", on: second) }
                    for id in 0..<20 {
                        // At first it may say that its state store, which is the second's too, was opened by another process.
                        try await eventually("order c-\(id) is told who has claimed its partition") {
                            let answer = try await first.place("c-\(id)")
                            try #require(answer.status == 503 && answer.problem == "unavailable", "\(answer.text)")
                            #expect(answer.header("Retry-After") != nil)
                            return answer.json["detail"].text?.contains("has claimed") == true
                        }
                    }
                    #expect(await first.process.standardError.first { $0.contains("deposed") } != nil)
                    try await eventually("the first says who serves") {
                        let ready = try await first.get("/health/ready")
                        return ready.status == 503 && ready.text.contains("another process writes this log")
                    }
                    #expect(try await first.get("/health/live").status == 200)
                    #expect(try await second.get("/health/ready").status == 200)
                    // Both read models are one; both answer queries.
                    let stored = try await commerce.events()
                    #expect(stored.compactMap { $0["stream"].text }.sorted() == acknowledged.sorted())
                    try await first.waitForViews(positions: Installation.newest(stored))
                    #expect(try await first.rows("order-summary").count == 40)
                    #expect(try await second.rows("order-summary").count == 40)
                    second.process.signal(signal)
                    #expect(await second.process.wait() == (signal == SIGTERM ? .status(0) : .signal(signal)))
                }
                try await eventually("the first takes over", within: .seconds(10)) {
                    try await first.get("/health/ready").status == 200
                }
                for id in 0..<20 {
                    try await eventually("order d-\(id) is taken") { try await first.place("d-\(id)").status == 201 }
                    acknowledged.append("order/d-\(id)")
                    let repeated = try await first.place("b-\(id)", headers: ["Idempotency-Key": "key-b-\(id)"])
                    #expect(repeated.json["replayed"] == .bool(true), "\(repeated.text)")
                }
                let stored = try await commerce.events()
                #expect(stored.compactMap { $0["stream"].text }.sorted() == acknowledged.sorted())
                try await first.waitForViews(positions: Installation.newest(stored))
                #expect(try await first.rows("order-summary").count == 60)
                // Each has claimed each partition once, and the first once more: they have not taken turns.
                let status = try JSON(try await commerce.run("status", "--json", "--count").text)
                for partition in status["partitions"].elements {
                    let claims =
                        try #require(partition["end"].integer) - (partition["commits"].integer ?? 0)
                        - (partition["voidRecords"].integer ?? 0)
                    #expect(claims == 3, "\(partition)")
                }
                first.process.signal(SIGTERM)
                #expect(await first.process.wait() == .status(0))
            }
            try await commerce.up { server in
                let placed = try await server.place("c-0")
                #expect(placed.status == 201)
            }
            #expect(try await commerce.run("verify", "--all").status == 0)
        }

        /// A process that stands still keeps no new one from serving, and takes nothing back as long as that is there.
        @Test(.timeLimit(.minutes(5))) func aFirstThatStandsStillIsPassedOver() async throws {
            let commerce = try Installation()
            try await commerce.up { first in
                #expect(try await first.place("a").status == 201)
                first.process.signal(SIGSTOP)
                try await commerce.up { second in
                    #expect(try await second.place("b").status == 201)
                    first.process.signal(SIGCONT)
                    try await eventually("the first knows") { try await first.place("c").status == 503 }
                    try await eventually("the first is not ready") { try await first.get("/health/ready").status == 503 }
                    #expect(try await second.place("d").status == 201)
                    #expect(try await commerce.events().count == 3)
                }
                try await eventually("the first takes over", within: .seconds(10)) { try await first.place("e").status == 201 }
            }
        }
    }
}
