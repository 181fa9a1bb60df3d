import Foundation
import Testing

extension AppTests {
    /// Descriptors: what a process needs, what it may have, and what is left for its clients.
    @Suite struct ResourceTests {
        /// Descriptors that are never given away, those for connections that are being refused, and for those without which a server does not
        /// start.
        private static let keptFree = 64 + 64 + 32

        private func descriptors(of process: CommerceProcess) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processID)/fd").count
        }

        /// The number of descriptors that `up` says it needs, where it may have too few.
        private func needed(_ commerce: Installation) async throws -> Int {
            var limit = 72
            // What is needed to open the log is told first, and what its partitions need once it is open.
            for _ in 0..<2 {
                let refused = try await commerce.run(["up"], shell: "ulimit -n \(limit)")
                #expect(refused.status == 78, "\(refused.errors)")
                #expect(
                    refused.errors.contains("may open \(limit):") && refused.errors.contains("HIGHWATER_PARTITIONS"), "\(refused.errors)")
                let number = try #require(refused.errors.firstMatch(of: /Raise the limit to (\d+)/)?.output.1)
                limit = try #require(Int(number))
            }
            return limit
        }

        /// Runs with the number of descriptors that it says it needs, which it then does not exceed; one less is refused.
        private func holdsWhatItSays(_ commerce: Installation, partitions: Int) async throws {
            let needed = try await needed(commerce)
            #expect(try await commerce.run(["up"], shell: "ulimit -n \(needed - 1)").status == 78)
            try await commerce.up(shell: "ulimit -n \(needed)") { server in
                for id in 0..<50 { #expect(try await server.place("\(id)").status == 201) }
                try await server.waitForViews(positions: Installation.newest(try await commerce.events()))
                let startup = try await server.get("/health/startup")
                #expect(
                    startup.status == 200 && startup.text.contains("writes \(partitions) of \(partitions) partitions"), "\(startup.text)")
                let held = try descriptors(of: server.process)
                #expect(held <= needed - Self.keptFree, "\(held) are open")
                // A bound that is far too high would refuse what works.
                #expect(held * 3 > needed - Self.keptFree, "\(held) are open")
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [8, 64, 128, 256]) func theEmbeddedLogHoldsWhatItSays(_ partitions: Int) async throws {
            try await holdsWhatItSays(Installation(["HIGHWATER_PARTITIONS": "\(partitions)"]), partitions: partitions)
        }

        @Test(.timeLimit(.minutes(5)), arguments: [(8, 1), (64, 1), (8, 3)]) func kafkaHoldsWhatItSays(_ partitions: Int, _ brokers: Int)
            async throws
        {
            let cluster = try await MockCluster(["--brokers", "\(brokers)"])
            try await cluster.makeTopic("ordering", partitions: partitions)
            try await cluster.makeTopic("ordering.owners", partitions: 1)
            try await holdsWhatItSays(
                Installation(["HIGHWATER_LOG": "kafka://\(cluster.bootstrap)", "HIGHWATER_PARTITIONS": "\(partitions)"]),
                partitions: partitions)
        }

        /// A topic's partitions are for ever: what cannot be run is refused before it is made.
        @Test(.timeLimit(.minutes(5))) func tooManyPartitionsAreRefusedBeforeTheyAreMade() async throws {
            let commerce = try Installation(["HIGHWATER_PARTITIONS": "256"])
            let refused = try await commerce.run(["up"], shell: "ulimit -n 1024")
            #expect(refused.status == 78)
            #expect(refused.errors.contains("1,280 for the state stores of 256 partitions"), "\(refused.errors)")
            #expect(refused.errors.contains("may open 1,024"), "\(refused.errors)")
            let line = try #require(refused.errors.split(separator: "\n").last)
            #expect(try JSON(String(line))["level"].text == "critical")
            try await commerce.up(["HIGHWATER_PARTITIONS": "4"], shell: "ulimit -n 1024", waits: false) { server in
                #expect(await server.process.standardError.waitFor(4) { $0.contains("\"writing ordering/") })
            }
        }

        @Test(.timeLimit(.minutes(5))) func moreConnectionsThanThereAreDescriptorsForAreRefused() async throws {
            let commerce = try Installation(["HIGHWATER_MAX_CONNECTIONS": "5000"])
            let refused = try await commerce.run(["up"], shell: "ulimit -n 1024")
            #expect(refused.status == 78)
            #expect(
                refused.errors.contains("5,000 connections") && refused.errors.contains("HIGHWATER_MAX_CONNECTIONS"), "\(refused.errors)")
        }

        /// The soft limit is for programs that use select(2).
        @Test(.timeLimit(.minutes(5))) func theSoftLimitIsRaised() async throws {
            let commerce = try Installation(["HIGHWATER_PARTITIONS": "64"])
            try await commerce.up(shell: "ulimit -Sn 256; ulimit -Hn 2048") { server in
                let metrics = try await server.get("/metrics").text
                #expect(metrics.contains("process_max_fds 2048"))
            }
        }

        /// Connections of clients that say nothing.
        private final class IdleConnections {
            private var sockets: [Int32] = []

            func open(_ count: Int, to port: Int) {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
                address.sin_port = in_port_t(port).bigEndian
                for _ in 0..<count {
                    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                    guard client >= 0 else { return }
                    sockets.append(client)
                    withUnsafePointer(to: &address) { address in
                        _ = address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                        }
                    }
                }
            }

            var count: Int { sockets.count }

            func close() {
                for socket in sockets { Glibc.close(socket) }
                sockets = []
            }

            deinit { close() }
        }

        /// Twice as many as the process may have descriptors: it stays within them, and serves those who ask for something.
        @Test(.timeLimit(.minutes(5))) func aCrowdOfConnectionsEndsNothing() async throws {
            let commerce = try Installation()
            try await commerce.up(shell: "ulimit -n 256") { server in
                let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
                let idle = IdleConnections()
                idle.open(512, to: port)
                #expect(idle.count == 512)
                // libdispatch looks at its threads once a second, and ends the process where it cannot.
                let end = ContinuousClock.now + .seconds(5)
                var (sent, placed) = (0, 0)
                while ContinuousClock.now < end {
                    // A connection that is closed for want of room, while a request is under way to it, is no answer.
                    if let answer = try? await server.place("\(sent)"), answer.status == 201 { placed += 1 }
                    sent += 1
                    let held = try descriptors(of: server.process)
                    #expect(held <= 256 - 16)
                }
                #expect(placed > 10)
                try await eventually("health answers") { try await server.get("/health/live").status == 200 }
                idle.close()
                try await eventually("new connections are admitted") {
                    let again = IdleConnections()
                    again.open(64, to: port)
                    return try await commerce.runTool("curl", "-sf", server.url + "/health/live").status == 0
                }
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0), "\(server.process.standardError.text)")
            }
        }
    }
}
