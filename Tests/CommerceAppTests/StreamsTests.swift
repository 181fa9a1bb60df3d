import Foundation
import Testing

extension AppTests {
    /// Standard output and error that are full, closed, or not read.
    @Suite struct StreamsTests {
        private static let full = "exec >/dev/full"
        /// A pipe whose reader has ended.
        private static let closed = "exec > >(exec true); wait $!"

        /// What standard error has beside log lines and progress.
        private static func messages(_ output: Installation.Output) -> [String] {
            output.errors.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("{") && !$0.contains(" %, ") }
        }

        /// An installation with an order in its log and its views.
        private func withOrders() async throws -> Installation {
            let commerce = try Installation(["HIGHWATER_PARTITIONS": "2"])
            try await commerce.up { server in
                let position = try #require(try await server.place("1").position)
                try await server.waitForViews(positions: [position])
                server.process.signal(SIGTERM)
                #expect(await server.process.wait() == .status(0))
            }
            return commerce
        }

        @Test(.timeLimit(.minutes(5))) func aResultThatCannotBeWrittenIsOneLineAndStatus1() async throws {
            let commerce = try await withOrders()
            let commands = [
                ["--help"], ["--version"], ["help", "up"], ["events", "tail", "--help"], ["config"], ["config", "--json"],
                ["events", "show", "order/1"], ["events", "tail", "--from", "beginning", "--to", "end"],
                ["events", "tail", "--from", "beginning"], ["status"], ["status", "--json"], ["verify", "--all"],
                ["replay", "--all", "--json"], ["replay", "--all", "--rollback"], ["topics", "create"], ["topics", "check", "--json"],
            ]
            for arguments in commands {
                let output = try await commerce.run(arguments, shell: Self.full)
                #expect(output.status == 1, "\(arguments)")
                #expect(Self.messages(output) == ["error: standard output cannot be written: No space left on device"], "\(arguments)")
            }
            // A stream that is closed is no different, and no file takes its place.
            let output = try await commerce.run(["status"], shell: "exec >&-")
            #expect(output.status == 1)
            #expect(Self.messages(output) == ["error: standard output cannot be written: Bad file descriptor"])
        }

        @Test(.timeLimit(.minutes(5))) func aReaderThatHasGoneEndsTheCommandQuietly() async throws {
            let commerce = try await withOrders()
            let commands = [
                ["--help"], ["config"], ["events", "show", "order/1"], ["events", "tail", "--from", "beginning"], ["status", "--json"],
                ["verify", "--all"], ["replay", "--all", "--json"], ["topics", "check"],
            ]
            for arguments in commands {
                let output = try await commerce.run(arguments, shell: Self.closed)
                #expect(output.status == 0, "\(arguments): \(output.errors)")
                #expect(Self.messages(output).isEmpty, "\(arguments)")
            }
        }

        @Test(.timeLimit(.minutes(5))) func loadsStatusStandsWhereItsResultCannotBeRead() async throws {
            let commerce = try Installation()
            try await commerce.up { server in
                let load = ["load", Installation.sample, "--url", server.url]
                // The sample has lines that fit no rule.
                let unread = try await commerce.run(load, shell: Self.closed)
                #expect(unread.status == 2, "\(unread.errors)")
                let full = try await commerce.run(load, shell: Self.full)
                #expect(full.status == 1)
                #expect(full.errors.contains("error: standard output cannot be written: No space left on device"))
                // Nor does it matter whether anybody sees its progress.
                for shell in ["exec 2>/dev/full", "exec 2>&-", "exec 2> >(exec true); wait $!"] {
                    let blind = try await commerce.run(load, shell: shell)
                    #expect(blind.status == 2 && blind.errors.isEmpty)
                    #expect(try JSON(blind.text)["replayed"].integer ?? 0 > 0)
                }
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["exec 2>/dev/full", "exec 2>&-", "exec <&- >&- 2> >(exec true); wait $!"])
        func aServerServesWithoutALog(_ shell: String) async throws {
            let port = try ReservedPort()
            let commerce = try Installation(["HIGHWATER_HTTP": port.address, "HIGHWATER_LOG_LEVEL": "debug"])
            try await commerce.running(["up"], shell: shell) { process in
                let server = Server(url: port.url, process: process)
                try await eventually("it is ready") { try await server.get("/health/ready").status == 200 }
                let placed = try await server.place("1")
                #expect(placed.status == 201)
                process.signal(SIGTERM)
                #expect(await process.wait() == .status(0))
            }
            #expect(try await commerce.events().count == 1)
        }

        /// A reader of the log that stalls is no reader at all: the server goes on, drains and ends, and what is missing is told.
        @Test(.timeLimit(.minutes(5))) func aReaderOfTheLogThatStallsHoldsUpNothing() async throws {
            let port = try ReservedPort()
            let commerce = try Installation(["HIGHWATER_HTTP": port.address, "HIGHWATER_LOG_LEVEL": "trace"])
            let fifo = commerce.file("log")
            try #require(mkfifo(fifo, 0o600) == 0)
            let reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            try #require(reader >= 0)
            defer { close(reader) }
            try await commerce.running(["up"], shell: "exec 2>\(fifo)") { process in
                let server = Server(url: port.url, process: process)
                try await eventually("it is ready") { try await server.get("/health/ready").status == 200 }
                // Until the pipe and the buffer are full.
                try await eventually("log lines are dropped", pause: .zero) {
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for _ in 0..<200 { group.addTask { try await server.get("/v1/views/sales-by-day?limit=1").status } }
                        for try await status in group { #expect(status == 200) }
                    }
                    let metrics = try await server.get("/metrics").text
                    let dropped = metrics.split(separator: "\n").first { $0.hasPrefix("highwater_log_dropped_lines_total ") }
                    return Double(dropped?.split(separator: " ").last ?? "0") ?? 0 > 0
                }
                let placed = try await server.place("1")
                #expect(placed.status == 201)
                #expect(try await server.get("/health/live").status == 200)
                process.signal(SIGTERM)
                #expect(await process.wait() == .status(0))
            }
            // What the pipe still holds are whole lines.
            var text = [UInt8](repeating: 0, count: 1 << 20)
            let count = read(reader, &text, text.count)
            try #require(count > 0)
            let lines = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n")
            for line in lines { #expect(try JSON(String(line))["level"].text != nil, "\(line)") }
            #expect(try await commerce.events().count == 1)
        }

        @Test(.timeLimit(.minutes(5))) func aReaderThatComesBackIsToldWhatIsMissing() async throws {
            let port = try ReservedPort()
            let commerce = try Installation(["HIGHWATER_HTTP": port.address, "HIGHWATER_LOG_LEVEL": "trace"])
            let fifo = commerce.file("log")
            try #require(mkfifo(fifo, 0o600) == 0)
            let reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            try #require(reader >= 0)
            let log = LineLog()
            try await commerce.running(["up"], shell: "exec 2>\(fifo)") { process in
                let server = Server(url: port.url, process: process)
                try await eventually("log lines are dropped", pause: .zero) {
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for _ in 0..<200 { group.addTask { try await server.get("/v1/views/sales-by-day?limit=1").status } }
                        try await group.waitForAll()
                    }
                    return try await server.get("/metrics").text.contains(/highwater_log_dropped_lines_total [1-9]/)
                }
                _ = fcntl(reader, F_SETFL, 0)
                Thread.detachNewThread {
                    var buffer = [UInt8](repeating: 0, count: 1 << 16)
                    while true {
                        let count = read(reader, &buffer, buffer.count)
                        guard count > 0 else { break }
                        log.add(Data(buffer[..<count]))
                    }
                    log.add(Data())
                    close(reader)
                }
                let notice = await log.first { $0.contains("lines are missing here") }
                #expect(try JSON(notice ?? "")["lines"].text.flatMap { Int($0) } ?? 0 > 0)
                process.signal(SIGTERM)
                // The last word before the end is not lost.
                #expect(await log.first { $0.contains("\"message\":\"stopped\"") } != nil)
                #expect(await process.wait() == .status(0))
            }
        }
    }
}
