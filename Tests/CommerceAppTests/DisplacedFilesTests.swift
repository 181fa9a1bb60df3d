import Foundation
import Testing

extension AppTests {
    /// Files are removed, moved or replaced under a running server: what would not be found again is not acknowledged, and what is a fold of the
    /// log is made again.
    @Suite struct DisplacedFilesTests {
        private static let log = ["data/log.sqlite", "data/log.sqlite-wal", "data/log.sqlite-shm"]

        private func expectNoAcknowledgement(_ server: Server, _ id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
        {
            let refused = try await server.place(id)
            #expect(refused.status == 503 && refused.problem == "unavailable", "\(refused.text)", sourceLocation: sourceLocation)
            #expect(refused.header("Retry-After") != nil, sourceLocation: sourceLocation)
            let detail = try #require(refused.json["detail"].text)
            #expect(detail.contains("removed or replaced") && !detail.contains("data/"), "\(detail)", sourceLocation: sourceLocation)
        }

        private func waitUntilUnready(_ server: Server, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
            try await eventually("it is not ready since the log \(reason)", sourceLocation: sourceLocation) {
                let ready = try await server.get("/health/ready")
                return ready.status == 503 && ready.text.contains(reason)
            }
            #expect(try await server.get("/health/live").status == 200)
        }

        @Test(.timeLimit(.minutes(5))) func theLogIsRemoved() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                #expect(try await server.place("1").status == 201)
                for name in Self.log { try commerce.remove(name) }
                try await expectNoAcknowledgement(server, "2")
                try await waitUntilUnready(server, "was removed or moved away")
                #expect(try await server.get("/v1/order/1").status == 503)
                for id in 3...6 { try await expectNoAcknowledgement(server, "\(id)") }
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
        }

        /// Without a command, and with none lost.
        @Test(.timeLimit(.minutes(5))) func theLogIsMovedAwayAndBackWithoutACommand() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                #expect(try await server.place("1").status == 201)
                for name in Self.log { rename(commerce.file(name), commerce.file(name) + ".away") }
                try await waitUntilUnready(server, "was removed or moved away")
                try await expectNoAcknowledgement(server, "2")
                for name in Self.log { rename(commerce.file(name) + ".away", commerce.file(name)) }
                try await eventually("it goes on") { try await server.get("/health/ready").status == 200 }
                // Each partition notices by itself, and claims again first.
                for (order, status) in [("1", 422), ("2", 201)] {
                    try await eventually("order \(order) is answered") {
                        let answer = try await server.place(order)
                        if answer.status == 503 { return false }
                        #expect(answer.status == status, "\(answer.text)")
                        return true
                    }
                }
                #expect(try await commerce.events().compactMap { $0["stream"].text }.sorted() == ["order/1", "order/2"])
            }
        }

        @Test(.timeLimit(.minutes(5))) func anotherLogIsPutInItsPlace() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let placed = try #require(try await server.place("old").position)
                try await server.waitForViews(positions: [placed])
                for name in Self.log { rename(commerce.file(name), commerce.file(name) + ".old") }
                #expect(try await commerce.run("topics", "create").status == 0)
                try await expectNoAcknowledgement(server, "2")
                try await waitUntilUnready(server, "was replaced by another file")
                #expect(try await commerce.events().isEmpty, "nothing was written into it")
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
            #expect(try await commerce.events().isEmpty)
            try commerce.removeDatabase("data/views.sqlite")
            try await commerce.up { server in
                let placed = try await server.place("new")
                #expect(placed.status == 201)
                #expect(try await commerce.events().compactMap { $0["stream"].text } == ["order/new"])
            }
        }

        /// Acknowledged commits are in the write-ahead log alone for most of the time.
        @Test(.timeLimit(.minutes(5)), arguments: [SIGTERM, SIGKILL]) func theWriteAheadLogIsRemoved(_ signal: Int32) async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                for id in 1...20 { #expect(try await server.place("\(id)").status == 201) }
                try commerce.remove("data/log.sqlite-wal")
                try await expectNoAcknowledgement(server, "21")
                try await waitUntilUnready(server, "was removed or moved away")
                server.process.signal(signal)
                _ = await server.process.wait()
            }
            try await commerce.up { server in
                let events = try await commerce.events()
                #expect(events.count == 20)
                #expect(try await server.place("21").status == 201)
            }
        }

        @Test(
            .timeLimit(.minutes(5)), arguments: [["data/state"], ["data/views.sqlite", "data/views.sqlite-wal", "data/views.sqlite-shm"]])
        func whatIsAFoldOfTheLogIsMadeAgain(_ names: [String]) async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                for id in 1...20 { #expect(try await server.place("\(id)", headers: ["Idempotency-Key": "k\(id)"]).status == 201) }
                try await server.waitForViews(positions: Installation.newest(try await commerce.events()))
                for name in names { try commerce.remove(name) }
                // A command may come while its partition is made again.
                for id in 1...40 {
                    var isUnknown = false
                    try await eventually("order \(id) is answered") {
                        let answer = try await server.place("\(id)", headers: ["Idempotency-Key": "k\(id)"])
                        if answer.status == 503 { return false }
                        // It was on its way into the log when its partition was lost.
                        if answer.status == 504 {
                            isUnknown = true
                            return false
                        }
                        #expect([200, 201].contains(answer.status), "\(answer.text)")
                        #expect(isUnknown || answer.json["replayed"] == .bool(id <= 20), "\(answer.text)")
                        return true
                    }
                }
                let events = try await commerce.events()
                #expect(events.count == 40)
                try await eventually("every view has all of it") {
                    try await server.rows("order-summary", at: Installation.newest(events)).count == 40
                }
                for name in names { #expect(FileManager.default.fileExists(atPath: commerce.file(name)), "\(name)") }
                try await eventually("it is ready") { try await server.get("/health/ready").status == 200 }
                #expect(try await commerce.run("verify", "--all").status == 0)
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
            try await commerce.up { server in
                let repeated = try await server.place("1", headers: ["Idempotency-Key": "k1"])
                #expect(repeated.json["replayed"] == .bool(true), "\(repeated.text)")
                #expect(try await commerce.events().count == 40)
            }
        }
    }
}
