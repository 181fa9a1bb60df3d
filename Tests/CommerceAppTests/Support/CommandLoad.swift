import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// Clients that place, confirm and cancel orders at every instance, as behind a load balancer: where one takes no connection, says 429, 503
/// or 504, or is lost, the same command goes to the next with the same key.
///
/// What is sent is by the seed; when and where it arrives is not.
final class CommandLoad: Sendable {
    struct Options: Sendable {
        var seed: UInt64 = 1
        var clients = 16
        /// By one client at the most: a mock cluster keeps some megabytes.
        var perSecond = 25.0
        var attemptTimeout = Duration.seconds(15)
        /// How long a client tries to get one command through.
        var patience = Duration.seconds(60)
        /// In keys and streams, so that several loads are of different ones.
        var name = "load"
    }

    private let urls: [String]
    private let options: Options
    private let sent = Mutex<[SentCommand]>([])
    private let stop = Flag()
    private let ended = Mutex(0)

    init(_ urls: [String], _ options: Options = Options()) {
        self.urls = urls
        self.options = options
    }

    /// What has been answered or given up until now.
    var commands: [SentCommand] { sent.withLock { $0 } }

    /// Runs beside `body`, and returns all that was sent once every command has its answer.
    static func beside(
        _ urls: [String], _ options: Options = Options(), _ body: (CommandLoad) async throws -> Void
    ) async throws -> [SentCommand] {
        let load = CommandLoad(urls, options)
        try await withThrowingTaskGroup { group in
            for client in 0..<options.clients { group.addTask { try await load.run(client) } }
            do {
                try await body(load)
            } catch {
                group.cancelAll()
                throw error
            }
            load.stop.raise()
            try await group.waitForAll()
        }
        return load.commands
    }

    /// Returns once so many more commands have been acknowledged.
    func waitForAcknowledged(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let before = commands.acknowledged.count
        try await eventually("\(count) more commands are acknowledged", sourceLocation: sourceLocation) {
            commands.acknowledged.count >= before + count
        }
    }

    /// Ends the load, and returns once every command has its answer.
    func finish(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        stop.raise()
        try await eventually("every client has ended", sourceLocation: sourceLocation) { ended.withLock { $0 } == options.clients }
    }

    // MARK: A client

    private func run(_ client: Int) async throws {
        var random = SeededGenerator(seed: options.seed &* 1_000_003 &+ UInt64(client))
        let connections = Self.connections()
        defer {
            connections.shutdown { _ in }
            ended.withLock { $0 += 1 }
        }
        var placed: [String] = []
        var number = 0
        var next = ContinuousClock.now
        while !stop.isRaised {
            let (stream, name, body) = command(client, number, &placed, &random)
            let command = SentCommand(key: "\(options.name)-\(client)-\(number)", stream: "order/\(stream)", name: name)
            number += 1
            let done = try await send(command, body, connections, &random)
            sent.withLock { $0.append(done) }
            // Now and then once more, as a client does that has lost the answer: the same answer comes back.
            if let first = done.acknowledged, random.next(upTo: 10) == 0 {
                let again = try await send(command, body, connections, &random)
                if let second = again.acknowledged {
                    #expect(second.json["replayed"].isTrue == true, "\(again.text)")
                    #expect(
                        second.position == first.position && second.json["version"] == first.json["version"], "\(done.text); \(again.text)")
                    #expect(second.json["events"] == first.json["events"], "\(done.text); \(again.text)")
                } else {
                    Issue.record("acknowledged, and then not: \(done.text); \(again.text)")
                }
            }
            next = max(next + .seconds(1 / options.perSecond), .now - .seconds(1))
            try await Task.sleep(until: next, clock: .continuous)
        }
    }

    /// Orders of its own mostly; some that every client wants, which all but one are refused.
    private func command(
        _ client: Int, _ number: Int, _ placed: inout [String], _ random: inout SeededGenerator
    ) -> (stream: String, name: String, body: String) {
        let choice = random.next(upTo: 100)
        let shared = "\(options.name)-all-\(random.next(upTo: 40))"
        switch choice {
        case 0..<12:
            let name = ["place", "confirm", "cancel"][choice % 3]
            return (shared, name, body(name, &random))
        case 12..<40 where !placed.isEmpty: return (placed[random.next(upTo: placed.count)], "confirm", "{}")
        case 40..<55 where !placed.isEmpty: return (placed[random.next(upTo: placed.count)], "cancel", "{\"reason\":\"load\"}")
        default:
            let stream = "\(options.name)-\(client)-\(number)"
            placed.append(stream)
            return (stream, "place", body("place", &random))
        }
    }

    private func body(_ name: String, _ random: inout SeededGenerator) -> String {
        guard name == "place" else { return "{}" }
        let countries = ["France", "Germany", "EIRE", "Norway"]
        return order(
            customer: "\(random.next(upTo: 50))", country: countries[random.next(upTo: countries.count)],
            quantity: "\(1 + random.next(upTo: 20))", price: "\"\(1 + random.next(upTo: 9_000_000))\"", lines: 1 + random.next(upTo: 3))
    }

    private func send(
        _ command: SentCommand, _ body: String, _ connections: HTTPClient, _ random: inout SeededGenerator
    ) async throws -> SentCommand {
        var command = command
        var at = random.next(upTo: urls.count)
        let start = ContinuousClock.now
        while true {
            let url = urls[at % urls.count]
            let began = ContinuousClock.now
            let outcome = await attempt(command, body, url, connections)
            try Task.checkCancellation()
            command.attempts.append(SentCommand.Attempt(url: url, began: began, ended: .now, outcome: outcome))
            if command.answer != nil || ContinuousClock.now - start > options.patience { return command }
            at += 1
            // The next instance at once; where all have been asked, after a little.
            if command.attempts.count % urls.count == 0 {
                try await Task.sleep(for: .milliseconds(10 + random.next(upTo: 90)))
            }
        }
    }

    private func attempt(_ command: SentCommand, _ body: String, _ url: String, _ connections: HTTPClient) async -> SentCommand.Outcome {
        var request = HTTPClientRequest(url: "\(url)/v1/\(command.stream)/\(command.name)")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: command.key)
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await connections.execute(request, timeout: .milliseconds(Int64(options.attemptTimeout.milliseconds)))
            let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
            return .answered(Server.Answer(status: Int(response.status.code), headers: response.headers, text: text))
        } catch let error as HTTPClientError where error == .connectTimeout {
            return .notConnected
        } catch is NIOConnectionError {
            return .notConnected
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return .notConnected
        } catch {
            return .lost("\(error)")
        }
    }

    /// Each client has connections of its own, and does not hide that nobody listens by trying again.
    private static func connections() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(2)
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

extension SeededGenerator {
    mutating func next(upTo bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
