import Foundation
import Testing

/// Reads the whole log afterwards and holds everything against it: what clients were told, and what the read models show.
struct LogChecker {
    private struct Commit {
        let position: String
        let events: [JSON]

        var version: Int { events.last?["version"].integer ?? -1 }
    }

    private let commerce: Installation
    /// Every event, each partition's in the log's order.
    let events: [JSON]
    private let commits: [String: [Commit]]

    init(_ commerce: Installation) async throws {
        self.commerce = commerce
        let output = try await commerce.run("events", "tail", "--from", "beginning", "--to", "end")
        try #require(output.status == 0, "\(output.errors)")
        events = try output.lines.map { try JSON($0) }.sorted { Self.place($0) < Self.place($1) }
        var commits: [String: [Commit]] = [:]
        for (position, events) in Dictionary(grouping: events, by: { $0["position"].text ?? "" }) {
            commits[events[0]["commandId"].text ?? "", default: []].append(Commit(position: position, events: events))
        }
        self.commits = commits
    }

    private static func place(_ event: JSON) -> (Int, Int, Int) {
        let parts = (event["position"].text ?? "").split { $0 == "/" || $0 == "@" }
        return (parts.count == 3 ? Int(parts[1]) ?? -1 : -1, parts.count == 3 ? Int(parts[2]) ?? -1 : -1, event["version"].integer ?? -1)
    }

    // MARK: The log by itself

    /// No command twice; each stream's versions without a gap, in one partition.
    func checkStreams(sourceLocation: SourceLocation = #_sourceLocation) {
        for (key, found) in commits where found.count != 1 {
            Issue.record("command \(key) is in the log \(found.count) times: \(found.map(\.position))", sourceLocation: sourceLocation)
        }
        var streams: [String: (partition: Int, version: Int)] = [:]
        for event in events {
            guard let stream = event["stream"].text, let version = event["version"].integer else { continue }
            let partition = Self.place(event).0
            let before = streams[stream] ?? (partition, 0)
            #expect(
                before.partition == partition && version == before.version + 1, "\(stream) at \(event["position"]) after \(before)",
                sourceLocation: sourceLocation)
            streams[stream] = (partition, version)
        }
    }

    // MARK: Against the clients

    /// Every acknowledged command is there as it was told; what was refused is not, unless the client had tried before and given up on the
    /// answer; what nobody was told about is there once or not at all.
    ///
    /// - Parameter others: keys of commands that were sent besides.
    func check(_ commands: [SentCommand], besides others: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) {
        checkStreams(sourceLocation: sourceLocation)
        for command in commands {
            let found = commits[command.key] ?? []
            if let answer = command.acknowledged {
                check(command, answer, found, sourceLocation)
            } else if let answer = command.answer {
                #expect(answer.status == 422 || answer.status == 412, "\(command.text)", sourceLocation: sourceLocation)
                // An earlier attempt without an answer may still have been under way, and is decided on its own when it arrives.
                let isOnlyAttempt = !command.attempts.contains { if case .lost = $0.outcome { true } else { false } }
                #expect(!isOnlyAttempt || found.isEmpty, "refused, and in the log: \(command.text)", sourceLocation: sourceLocation)
            } else {
                Issue.record("no definite answer: \(command.text)", sourceLocation: sourceLocation)
            }
        }
        let strangers = Set(commits.keys).subtracting(commands.map(\.key) + others)
        #expect(strangers.isEmpty, "commands that nobody sent", sourceLocation: sourceLocation)
    }

    private func check(_ command: SentCommand, _ answer: Server.Answer, _ found: [Commit], _ sourceLocation: SourceLocation) {
        let told = answer.json
        guard !told["events"].elements.isEmpty else {
            #expect(found.isEmpty, "told of no events: \(command.text)", sourceLocation: sourceLocation)
            return
        }
        guard let commit = found.first else {
            Issue.record("acknowledged, and not in the log: \(command.text)", sourceLocation: sourceLocation)
            return
        }
        #expect(told["position"].text == commit.position, "is at \(commit.position): \(command.text)", sourceLocation: sourceLocation)
        #expect(answer.position == commit.position, sourceLocation: sourceLocation)
        #expect(
            told["version"].integer == commit.version, "is at version \(commit.version): \(command.text)", sourceLocation: sourceLocation)
        #expect(told["stream"].text == command.stream, sourceLocation: sourceLocation)
        let stored = commit.events.map { event in JSON.object(["id": event["id"], "type": event["type"], "data": event["data"]]) }
        #expect(told["events"] == .array(stored), "the log has other events: \(command.text)", sourceLocation: sourceLocation)
    }

    // MARK: Against the read models

    /// `verify` folds the log and compares rows; and, since it is the same fold, a plain one beside it for the orders, by every server.
    func checkViews(_ servers: [Server], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let expected = OrderFold(events).rows
        for server in servers { try await checkOrders(server, expected, sourceLocation) }
        let verified = try await commerce.run("verify", "--all")
        #expect(verified.status == 0, "\(verified.text)\(verified.errors)", sourceLocation: sourceLocation)
    }

    private func checkOrders(_ server: Server, _ expected: [String: JSON], _ sourceLocation: SourceLocation) async throws {
        let positions = Installation.newest(events)
        try await server.waitForViews(positions: positions, sourceLocation: sourceLocation)
        let rows = try await server.rows("order-summary", at: positions)
        #expect(rows.count == expected.count, "rows of \(server.url)", sourceLocation: sourceLocation)
        for (id, row) in expected where rows[id] != row {
            Issue.record("order \(id) is \(rows[id] ?? .null), and by the log \(row)", sourceLocation: sourceLocation)
        }
    }
}
