import Foundation
import Testing

extension AppTests {
    /// Being told to stop, at any moment.
    @Suite struct SignalTests {
        private static let taken = [SIGTERM, SIGINT, SIGHUP].reduce(0 as UInt64) { $0 | 1 << UInt64($1 - 1) }

        /// Returns once the process takes signals itself. Before that its first instruction has not been reached.
        private static func takesSignals(_ process: CommerceProcess) async throws {
            try await eventually("\(process.processID) takes signals", pause: .microseconds(200)) {
                let status = try String(contentsOfFile: "/proc/\(process.processID)/status", encoding: .utf8)
                // A shell waits for the program to take its place.
                guard status.hasPrefix("Name:\tcommerce") else { return false }
                let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:\t") }?.dropFirst(8)
                return (caught.flatMap { UInt64($0, radix: 16) } ?? 0) & taken == taken
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["up", "serve", "project"], [SIGTERM, SIGINT, SIGHUP])
        func aServerThatIsToldAtOnceEndsWell(_ role: String, _ signal: Int32) async throws {
            let commerce = try Installation()
            try await commerce.running([role]) { process in
                try await Self.takesSignals(process)
                process.signal(signal)
                #expect(await process.wait() == .status(0), "\(process.standardError.text)")
            }
        }

        /// From the first instruction to serving.
        @Test(.timeLimit(.minutes(5))) func aServerThatIsToldWhileItStartsEndsWell() async throws {
            let moments = ["data/log.sqlite", "data/views.sqlite", "data/views.sqlite-shm", "data/state", "data/state/ordering-3.sqlite"]
            for moment in moments {
                let commerce = try Installation()
                try await commerce.running(["up"]) { process in
                    try await eventually("\(moment) is there", pause: .microseconds(200)) {
                        FileManager.default.fileExists(atPath: commerce.file(moment))
                    }
                    process.signal(SIGTERM)
                    #expect(await process.wait() == .status(0), "\(moment): \(process.standardError.text)")
                }
                // Nothing is left half made.
                try await commerce.up { server in
                    let placed = try await server.place("1")
                    #expect(placed.status == 201)
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func aSignalIgnoredAtTheStartStaysIgnored() async throws {
            let commerce = try Installation()
            // As nohup(1) does.
            try await commerce.up(shell: "trap '' HUP") { server in
                server.process.signal(SIGHUP)
                let placed = try await server.place("1")
                #expect(placed.status == 201)
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
                #expect(!server.process.standardError.lines.contains { $0.contains("SIGHUP") })
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [SIGTERM, SIGINT, SIGHUP]) func toolsSayThatTheyWereStopped(_ signal: Int32) async throws
        {
            let commerce = try Installation()
            let nobody = try ReservedPort()
            // It tries for a minute.
            try await commerce.running("load", Installation.sample, "--url", nobody.url) { process in
                try await Self.takesSignals(process)
                process.signal(signal)
                #expect(await process.wait() == .status(1))
                let name = [SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGHUP: "SIGHUP"][signal] ?? ""
                let last = process.standardError.lines.last ?? ""
                #expect(last.hasPrefix("error: stopped by \(name)"), "\(process.standardError.text)")
            }
        }

        /// Following a log ends when it is told to, and well.
        @Test(.timeLimit(.minutes(5)), arguments: [SIGTERM, SIGINT]) func followingEndsWell(_ signal: Int32) async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                try await commerce.running("events", "tail", "--from", "beginning") { process in
                    let placed = try await server.place("1")
                    #expect(placed.status == 201)
                    #expect(await process.standardOutput.first { $0.contains("order/1@1") } != nil)
                    process.signal(signal)
                    #expect(await process.wait() == .status(0))
                    #expect(process.standardError.lines.isEmpty)
                }
            }
        }
    }
}
