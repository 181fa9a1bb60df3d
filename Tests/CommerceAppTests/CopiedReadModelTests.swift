import Foundation
import Testing

extension AppTests {
    /// A read model that was copied beside its original, both kept from one log: each gets every event.
    @Suite(.serialized) struct CopiedReadModelTests {
        @Test(.timeLimit(.minutes(6))) func aCopiedFileIsKeptLikeItsOriginal() async throws {
            let cluster = try await MockCluster()
            let commerce = try await filled(on: cluster, ["HIGHWATER_READ_MODEL": "sqlite:data/views.sqlite"])
            try FileManager.default.copyItem(atPath: commerce.file("data/views.sqlite"), toPath: commerce.file("data/copy.sqlite"))
            try await bothAreKept(commerce, ["sqlite:data/views.sqlite", "sqlite:data/copy.sqlite"])
        }

        @Test(.enabled(if: TestDatabase.isThere, TestDatabase.isMissing), .timeLimit(.minutes(6)))
        func aCopiedDatabaseIsKeptLikeItsOriginal() async throws {
            try await TestDatabase.with { url in
                let url = try #require(url)
                let cluster = try await MockCluster()
                let commerce = try await filled(on: cluster, ["HIGHWATER_READ_MODEL": url])
                try await TestDatabase.withCopy(of: url) { copy in try await bothAreKept(commerce, [url, copy]) }
            }
        }

        /// An installation with some orders and a read model that has them; nothing runs.
        private func filled(on cluster: MockCluster, _ settings: [String: String]) async throws -> Installation {
            try await cluster.makeTopic("ordering", partitions: 4)
            try await cluster.makeTopic("ordering.owners", partitions: 1)
            let commerce = try Installation(
                [
                    "HIGHWATER_LOG": "kafka://\(cluster.bootstrap)", "HIGHWATER_KAFKA_SESSION_TIMEOUT_MS": "3000",
                    "HIGHWATER_KAFKA_HEARTBEAT_INTERVAL_MS": "500",
                ].merging(settings) { $1 })
            try await commerce.up { server in
                for number in 0..<20 { #expect(try await server.place("before-\(number)").status == 201) }
                try await server.waitForViews(positions: Installation.newest(try await commerce.events()))
                #expect(try await commerce.stop(server) == .status(0))
            }
            return commerce
        }

        /// Workers of both run at once, and orders come in.
        private func bothAreKept(_ commerce: Installation, _ readModels: [String]) async throws {
            try await commerce.running("project", settings: ["HIGHWATER_READ_MODEL": readModels[0]]) { _ in
                try await commerce.running("project", settings: ["HIGHWATER_READ_MODEL": readModels[1]]) { _ in
                    try await commerce.running("serve", settings: ["HIGHWATER_READ_MODEL": readModels[0]]) { serve in
                        let line = try #require(await serve.standardError.first { $0.contains("\"message\":\"listening\"") })
                        #expect(await serve.standardError.waitFor(4) { $0.contains("\"writing ordering/") })
                        let server = Server(url: try #require(try JSON(line)["url"].text), process: serve)
                        for number in 0..<40 { #expect(try await server.place("after-\(number)").status == 201) }
                        for readModel in readModels {
                            try await eventually("\(readModel) has all orders", pause: .milliseconds(500)) {
                                let status = try await commerce.run(["status", "--json"], ["HIGHWATER_READ_MODEL": readModel])
                                guard status.status == 0 else { throw Installation.CommandFailure("status", status) }
                                let projections = try JSON(status.text)["projections"].elements
                                return projections.count == 4 && projections.allSatisfy { $0["lagRecords"].integer == 0 }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Installation {
    fileprivate func stop(_ server: Server) async throws -> CommerceProcess.Exit {
        server.process.signal(SIGTERM)
        return await server.process.wait()
    }
}
