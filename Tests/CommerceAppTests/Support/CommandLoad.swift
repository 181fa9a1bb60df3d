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
        /// By one client at the most: a mock cluster keeps some megabytes, and the processes share the cores with what they are tested beside.
        var perSecond = 10.0
        var attemptTimeout = Duration.seconds(15)
        /// How long a client tries to get one command through.
        var patience = Duration.seconds(60)
        /// In keys and streams, so that several loads are of different ones.
        var name = "load"
    }

    private struct State {
        var commands: [SentCommand] = []
        var clients: Int
        var listeners: [AsyncStream<SentCommand>.Continuation] = []
    }

    private let urls: [String]
    private let options: Options
    private let state: Mutex<State>
    private let stop = Flag()

    init(_ urls: [String], _ options: Options = Options()) {
        self.urls = urls
        self.options = options
        state = Mutex(State(clients: options.clients))
    }

    /// What has been answered or given up until now.
    var commands: [SentCommand] { state.withLock { $0.commands } }

    /// Each command from now on, once it has been answered or given up; the end is that of the last client.
    var upcoming: AsyncStream<SentCommand> {
        let (stream, listener) = AsyncStream.makeStream(of: SentCommand.self)
        let hasEnded = state.withLock { state in
            state.listeners.append(listener)
            return state.clients == 0
        }
        if hasEnded { listener.finish() }
        return stream
    }

    private func add(_ command: SentCommand) {
        state.withLock { state in
            state.commands.append(command)
            for listener in state.listeners { listener.yield(command) }
        }
    }

    private func clientHasEnded() {
        let listeners = state.withLock { state in
            state.clients -= 1
            return state.clients == 0 ? state.listeners : []
        }
        for listener in listeners { listener.finish() }
    }

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
        let upcoming = upcoming
        try await occurs("\(count) more commands are acknowledged", sourceLocation: sourceLocation) {
            var left = count
            for await command in upcoming where command.acknowledged != nil {
                left -= 1
                if left <= 0 { return true }
            }
            return false
        }
    }

    /// How long until each of these partitions acknowledged a command that was sent after `event`, which is awaited first.
    func timeToNextAcknowledged(
        _ partitions: Set<Int>, after event: () async throws -> ContinuousClock.Instant, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Int: Duration] {
        let upcoming = upcoming
        let instant = try await event()
        let times = Mutex<[Int: Duration]>([:])
        try await occurs("partitions \(partitions.sorted()) acknowledge again", sourceLocation: sourceLocation) {
            for await command in upcoming where command.acknowledged != nil {
                guard let partition = command.partition, partitions.contains(partition), let last = command.attempts.last,
                    last.began > instant
                else { continue }
                let isLast = times.withLock { times in
                    times[partition] = min(times[partition] ?? .seconds(86_400), instant.duration(to: last.ended))
                    return times.count == partitions.count
                }
                if isLast { return true }
            }
            return false
        }
        return times.withLock { $0 }
    }

    /// Ends the load, and returns once every command has its answer.
    func finish(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let upcoming = upcoming
        stop.raise()
        try await occurs("every client has ended", sourceLocation: sourceLocation) {
            for await _ in upcoming {}
            return !Task.isCancelled
        }
    }

    // MARK: A client

    private func run(_ client: Int) async throws {
        var random = SeededGenerator(seed: options.seed &* 1_000_003 &+ UInt64(client))
        let watch = ConnectionWatch()
        let connections = Connections(client: Self.client(watch), watch: watch)
        defer {
            connections.client.shutdown { _ in }
            clientHasEnded()
        }
        var placed: [String] = []
        var number = 0
        var next = ContinuousClock.now
        while !stop.isRaised {
            let (stream, name, body) = command(client, number, &placed, &random)
            let command = SentCommand(key: "\(options.name)-\(client)-\(number)", stream: "order/\(stream)", name: name)
            number += 1
            let done = try await send(command, body, connections, &random)
            add(done)
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
        _ command: SentCommand, _ body: String, _ connections: Connections, _ random: inout SeededGenerator
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

    private func attempt(_ command: SentCommand, _ body: String, _ url: String, _ connections: Connections) async -> SentCommand.Outcome {
        var request = HTTPClientRequest(url: "\(url)/v1/\(command.stream)/\(command.name)")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Idempotency-Key", value: command.key)
        request.body = .bytes(ByteBuffer(string: body))
        connections.watch.begin()
        do {
            let response = try await connections.client.execute(request, timeout: .milliseconds(Int64(options.attemptTimeout.milliseconds)))
            let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
            return .answered(Server.Answer(status: Int(response.status.code), headers: response.headers, text: text))
        } catch let error as HTTPClientError where error == .connectTimeout {
            return .notConnected
        } catch is NIOConnectionError {
            return .notConnected
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return .notConnected
        } catch {
            return .lost("\(error)", onNewConnection: connections.watch.isLastUnanswered)
        }
    }

    /// Each client has connections of its own.
    private struct Connections {
        let client: HTTPClient
        let watch: ConnectionWatch
    }

    /// It does not hide that nobody listens by trying again, and keeps no connection idle for so long that the server may be closing it.
    private static func client(_ watch: ConnectionWatch) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .milliseconds(200)
        configuration.timeout.connect = .seconds(2)
        configuration.httpVersion = .http1Only
        watch.watch(&configuration)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

extension SeededGenerator {
    mutating func next(upTo bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
