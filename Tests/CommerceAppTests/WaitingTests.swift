import Foundation
import Testing

extension AppTests {
    /// What cannot be reached at the start is waited for: the process is live, says for what it waits, and does what it can without.
    @Suite struct WaitingTests {
        /// Runs a subcommand until it listens.
        private func listening(
            _ subcommand: String, of commerce: Installation, _ settings: [String: String], _ body: (Server) async throws -> Void
        ) async throws {
            try await commerce.running(subcommand, settings: settings) { process in
                let line = await process.standardError.first { $0.contains("\"message\":\"listening\"") }
                guard let line, let url = try JSON(line)["url"].text else { throw await Installation.StartFailure(process) }
                try await body(Server(url: url, process: process))
                for line in process.standardError.lines { #expect(try JSON(line)["level"].text != nil, "\(line)") }
            }
        }

        private func waits(_ process: CommerceProcess) -> [JSON] {
            process.standardError.lines.compactMap { try? JSON($0) }.filter { $0["message"].text?.hasPrefix("waiting for ") == true }
        }

        @Test(.timeLimit(.minutes(5))) func serveWaitsForKafka() async throws {
            let cluster = try await MockCluster()
            try await cluster.makeTopic("ordering", partitions: 2)
            try await cluster.makeTopic("ordering.owners", partitions: 1)
            try await cluster.takeDown()
            let commerce = try Installation(["HIGHWATER_LOG": "kafka://\(cluster.bootstrap)"])
            try await listening("serve", of: commerce, [:]) { server in
                #expect(try await server.get("/health/live").status == 200)
                #expect(try await server.get("/health/startup").status == 503)
                try await eventually("readiness says for whom it waits") {
                    let ready = try await server.get("/health/ready")
                    try #require(ready.status == 503, "\(ready.text)")
                    let detail = ready.json["checks"]["commands-ordering"]["detail"].text ?? ""
                    return detail.hasPrefix("waiting for Kafka at \(cluster.bootstrap) since 20") && detail.contains("cannot be reached")
                }
                for answer in [
                    try await server.place("1"), try await server.get("/v1/order/1"), try await server.get("/v1/order/1/events"),
                ] {
                    #expect(
                        answer.status == 503 && answer.problem == "unavailable" && answer.header("Retry-After") != nil, "\(answer.text)")
                    #expect(answer.json["detail"].text == "the log cannot be reached yet", "it names no host")
                }
                let view = try await server.get("/v1/views/order-summary")
                #expect(view.status == 503 && view.header("Retry-After") != nil, "\(view.text)")

                try await cluster.bringUp()
                try await eventually("it is ready") { try await server.get("/health/ready/commands").status == 200 }
                #expect(try await server.get("/health/startup").status == 200)
                try await eventually("it takes commands") { try await server.place("1").status == 201 }
                #expect(waits(server.process).map { $0["message"].text } == ["waiting for Kafka at \(cluster.bootstrap)"])
                #expect(waits(server.process).allSatisfy { $0["since"].text != nil && $0["reason"].text != nil })
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0), "\(server.process.standardError.text)")
            }
        }

        @Test(.timeLimit(.minutes(5))) func projectWaitsForKafkaAndForItsTopics() async throws {
            let cluster = try await MockCluster()
            try await cluster.takeDown()
            let commerce = try Installation(["HIGHWATER_LOG": "kafka://\(cluster.bootstrap)"])
            try await listening("project", of: commerce, [:]) { server in
                func isWaiting(_ why: String) async throws {
                    try await eventually("readiness says why it waits") {
                        let ready = try await server.get("/health/ready")
                        try #require(ready.status == 503, "\(ready.text)")
                        let checks = ready.json["checks"]
                        return checks.names.count == views.count
                            && checks.names.allSatisfy {
                                let detail = checks[$0]["detail"].text ?? ""
                                return detail.hasPrefix("waiting for Kafka at ") && detail.contains(why) && detail.hasSuffix("lag unknown")
                            }
                    }
                }
                try await isWaiting("cannot be reached")
                try await cluster.bringUp()
                try await isWaiting("has no topic 'ordering'")
                try await cluster.makeTopic("ordering", partitions: 2)
                try await eventually("it is ready") { try await server.get("/health/ready").status == 200 }
                #expect(waits(server.process).count == 1, "\(server.process.standardError.text)")
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["serve", "project"]) func aStopEndsTheWait(_ subcommand: String) async throws {
            let commerce = try Installation([
                "HIGHWATER_LOG": "kafka://127.0.0.1:1", "HIGHWATER_READ_MODEL": "postgres://nobody@127.0.0.1:1/none",
                "HIGHWATER_SHUTDOWN_SECONDS": "600",
            ])
            try await listening(subcommand, of: commerce, [:]) { server in
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0), "\(server.process.standardError.text)")
            }
        }

        /// Commands need no read model. The instance stays in service for them, and a balancer that sends queries alone has a probe of its own.
        @Test(.timeLimit(.minutes(5)), .enabled(if: TestDatabase.isThere, TestDatabase.isMissing))
        func commandsGoOnWhilePostgresIsAway() async throws {
            try await TestDatabase.with { url in
                var url = try #require(URLComponents(string: url ?? ""))
                let commerce = try Installation()
                let relay = try Relay(to: "\(url.host ?? ""):\(url.port ?? 5432)", of: commerce)
                url.host = "127.0.0.1"
                url.port = Int(relay.address.split(separator: ":")[1])
                url.password = "hunter2"
                try await listening("up", of: commerce, ["HIGHWATER_READ_MODEL": url.string ?? ""]) { server in
                    /// Commands alone can be answered.
                    func isDegraded(because reason: String) async throws {
                        try await eventually("it is degraded: \(reason)") {
                            let ready = try await server.get("/health/ready")
                            return ready.status == 200 && ready.json["status"].text == "degraded"
                                && ready.json["checks"]["views-postgres"]["detail"].text?.contains(reason) == true
                        }
                        let ready = try await server.get("/health/ready")
                        #expect(ready.json["parts"]["commands"].text == "ready" && ready.json["parts"]["views"].text == "not-ready")
                        #expect(!ready.text.contains("hunter2"), "\(ready.text)")
                        #expect(try await server.get("/health/ready/commands").status == 200)
                        #expect(try await server.get("/health/ready/views").status == 503)
                        #expect(try await server.get("/health/startup").status == 200)
                        let view = try await server.get("/v1/views/order-summary")
                        #expect(view.status == 503 && view.header("Retry-After") != nil && !view.text.contains("127.0.0.1"), "\(view.text)")
                    }
                    try await isDegraded(because: "waiting for PostgreSQL at 127.0.0.1:\(url.port ?? 0)/")
                    let unknown = try await server.get("/health/ready/projections")
                    #expect(
                        unknown.status == 503 && unknown.text.contains("lag unknown") && !unknown.text.contains("lag 0"), "\(unknown.text)")
                    var positions: [String] = []
                    for id in 1...4 { positions.append(try #require(try await server.place("\(id)").position)) }
                    _ = await server.process.standardError.first { $0.contains("waiting for PostgreSQL at ") }
                    #expect(waits(server.process).count == 1, "\(server.process.standardError.text)")
                    #expect(!server.process.standardError.text.contains("hunter2"))
                    try await relay.running {
                        try await eventually("it is ready") { try await server.get("/health/ready").json["status"].text == "ready" }
                        try await server.waitForViews(positions: positions)
                        try await eventually("views are ready") { try await server.get("/health/ready/views").status == 200 }
                    }
                    try await isDegraded(because: "PostgreSQL at 127.0.0.1:\(url.port ?? 0)/")
                    let placed = try await server.place("5")
                    #expect(placed.status == 201, "\(placed.text)")
                    try await relay.running {
                        // Queries are refused at once until the pool has reached the database again; a balancer asks the probe.
                        try await eventually("views are ready again") { try await server.get("/health/ready/views").status == 200 }
                        try await server.waitForViews(positions: [try #require(placed.position)])
                    }
                }
            }
        }

        /// An answer is no silence: what a person has to mend is told at once, in one line.
        @Test(.timeLimit(.minutes(5)), .enabled(if: TestDatabase.isThere, TestDatabase.isMissing), arguments: ["up", "project"])
        func aDatabaseThatDoesNotExistEndsIt(_ subcommand: String) async throws {
            try await TestDatabase.with { url in
                var url = try #require(URLComponents(string: url ?? ""))
                url.path = "/no_such_database"
                let output = try await Installation().run([subcommand], ["HIGHWATER_READ_MODEL": url.string ?? ""])
                #expect(output.status == 1 && output.text.isEmpty)
                let told = try output.errors.split(separator: "\n").map { try JSON(String($0)) }.filter { $0["level"].text == "critical" }
                #expect(told.count == 1, "\(output.errors)")
                #expect(told.first?["message"].text?.contains("\"no_such_database\" does not exist [SQLSTATE 3D000]") == true)
            }
        }

        /// A listener for plain text and a client for TLS do not come together: that nothing can be reached is not all there is to tell.
        @Test(.timeLimit(.minutes(5))) func whatKeepsAClientOutIsTold() async throws {
            let cluster = try await MockCluster()
            let output = try await Installation().run(
                ["topics", "check"],
                ["HIGHWATER_LOG": "kafka://\(cluster.bootstrap)", "HIGHWATER_KAFKA_SECURITY_PROTOCOL": "SSL"])
            #expect(output.status == 1)
            let told = output.errors.split(separator: "\n").last ?? ""
            #expect(told.contains("Kafka cannot be reached: ssl://") && told.contains("SSL"), "\(output.errors)")
        }

        /// A Service called `highwater`, or `highwater-kafka`, in the same namespace.
        @Test(.timeLimit(.minutes(5))) func serviceLinksAreNoSettings() async throws {
            var links: [String: String] = [:]
            for service in ["HIGHWATER", "HIGHWATER_KAFKA", "HIGHWATER_HTTP"] {
                links["\(service)_SERVICE_HOST"] = "10.96.0.17"
                links["\(service)_SERVICE_PORT"] = "8080"
                links["\(service)_SERVICE_PORT_HTTP"] = "8080"
                links["\(service)_PORT"] = "tcp://10.96.0.17:8080"
                links["\(service)_PORT_8080_TCP"] = "tcp://10.96.0.17:8080"
                links["\(service)_PORT_8080_TCP_PROTO"] = "tcp"
                links["\(service)_PORT_8080_TCP_PORT"] = "8080"
                links["\(service)_PORT_8080_TCP_ADDR"] = "10.96.0.17"
            }
            let commerce = try Installation(links)
            try await commerce.up(["HIGHWATER_LOG_LEVEL": "debug"]) { server in
                let placed = try await server.place("1")
                #expect(placed.status == 201, "\(placed.text)")
                let told = server.process.standardError.lines.filter { $0.contains("passed over variables") }
                #expect(told.count == 1 && told[0].contains("HIGHWATER_KAFKA_SERVICE_HOST"), "\(told)")
            }
            let misspelt = try await commerce.run(["config"], ["HIGHWATER_SHUTDWON_SECONDS": "5"])
            #expect(misspelt.status == 78 && misspelt.errors.contains("did you mean HIGHWATER_SHUTDOWN_SECONDS?"), "\(misspelt.errors)")
        }
    }
}
