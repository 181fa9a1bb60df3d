import Foundation
import Synchronization
import Testing

extension AppTests {
    @Suite struct ShutdownTests {
        /// What each client was told about each order.
        private struct Outcome {
            var acknowledged: [String] = []
            var unavailable: [String] = []
            /// No answer at all: the connection was refused or closed.
            var unanswered: [String] = []
        }

        private final class Told: Sendable {
            let state = Mutex(Outcome())
        }

        @Test(.timeLimit(.minutes(5))) func sigtermDrains() async throws {
            // Whoever waited for the deadline would be late.
            let commerce = try Installation(["HIGHWATER_SHUTDOWN_SECONDS": "600"])
            let told = Told()
            try await commerce.up { server in
                await withTaskGroup { group in
                    for client in 0..<16 {
                        group.addTask {
                            var number = 0
                            while true {
                                let id = "\(client)-\(number)"
                                number += 1
                                guard let answer = try? await server.place(id) else {
                                    told.state.withLock { $0.unanswered.append(id) }
                                    return
                                }
                                let count = told.state.withLock { told in
                                    if answer.status == 201 { told.acknowledged.append(id) } else { told.unavailable.append(id) }
                                    if answer.status != 201 { #expect(answer.status == 503, "\(answer.text)") }
                                    return told.acknowledged.count
                                }
                                if count == 300 { server.process.signal(SIGTERM) }
                            }
                        }
                    }
                }
                #expect(await server.process.wait() == .status(0), "\(server.process.standardError.text)")
                #expect(server.process.standardError.lines.contains { $0.contains("\"draining\"") })
            }
            let stored = try await commerce.events().compactMap { $0["stream"].text }
            let outcome = told.state.withLock { $0 }
            #expect(outcome.acknowledged.count >= 300)
            #expect(Set(stored).count == stored.count)
            let acknowledged = Set(outcome.acknowledged.map { "order/\($0)" })
            #expect(acknowledged.subtracting(stored).isEmpty, "acknowledged and lost")
            // An answer was given for whatever was accepted.
            #expect(Set(stored).subtracting(acknowledged).isEmpty, "accepted without an answer")

            try await commerce.up { server in
                let again = try await server.place("after")
                #expect(again.status == 201)
                try await server.waitForViews(positions: Installation.newest(try await commerce.events()))
                let rows = try await server.rows("order-summary")
                #expect(rows.count == stored.count + 1)
            }
        }

        /// Balancers need some time to notice that an instance is unready.
        @Test(.timeLimit(.minutes(5))) func everythingGoesOnUnreadyForTheDrainDelay() async throws {
            let commerce = try Installation(["HIGHWATER_DRAIN_DELAY_SECONDS": "3", "HIGHWATER_SHUTDOWN_SECONDS": "600"])
            try await commerce.up { server in
                server.process.signal(SIGTERM)
                try await eventually("the server is unready") { try await server.get("/health/ready").status == 503 }
                let placed = try await server.place("late")
                #expect(placed.status == 201, "\(placed.text)")
                #expect(placed.header("Connection") == nil)
                #expect(await server.process.wait() == .status(0), "\(server.process.standardError.text)")
            }
            #expect(try await commerce.events().map { $0["stream"].text } == ["order/late"])
        }

        @Test(.timeLimit(.minutes(5)), arguments: [SIGTERM, SIGINT, SIGHUP]) func anIdleServerEndsAtOnce(_ signal: Int32) async throws {
            // Whoever waited for the deadline would be late.
            let commerce = try Installation(["HIGHWATER_SHUTDOWN_SECONDS": "600"])
            try await commerce.up { server in
                let live = try await server.get("/health/live")
                #expect(live.status == 200)
                server.process.signal(signal)
                #expect(await server.process.wait() == .status(0))
            }
        }
    }
}
