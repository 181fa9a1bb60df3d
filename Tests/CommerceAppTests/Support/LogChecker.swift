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

    /// Records an issue for each command that is there twice, and each version that is missing or in another partition.
    func checkStreams(sourceLocation: SourceLocation = #_sourceLocation) {
        for finding in streamFindings() { Issue.record("\(finding)", sourceLocation: sourceLocation) }
    }

    private func streamFindings() -> [String] {
        var findings = commits.filter { $0.value.count != 1 }.map { key, found in
            "command \(key) is in the log \(found.count) times: \(found.map(\.position))"
        }
        var streams: [String: (partition: Int, version: Int)] = [:]
        for event in events {
            guard let stream = event["stream"].text, let version = event["version"].integer else { continue }
            let partition = Self.place(event).0
            let before = streams[stream] ?? (partition, 0)
            if before.partition != partition || version != before.version + 1 {
                findings.append("\(stream) at \(event["position"]) after \(before)")
            }
            streams[stream] = (partition, version)
        }
        return findings
    }

    // MARK: Against the clients

    /// Records an issue for each of ``findings(_:besides:)``.
    func check(_ commands: [SentCommand], besides others: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) {
        for finding in findings(commands, besides: others) { Issue.record("\(finding)", sourceLocation: sourceLocation) }
    }

    /// Where the log differs from what clients were told, a line each.
    ///
    /// An acknowledged command is there as it was told. A refused one is not, unless the client had tried before and given up on the answer. No
    /// command is left without a definite answer, and none is there that no client sent.
    ///
    /// - Parameter others: keys of commands that were sent besides.
    func findings(_ commands: [SentCommand], besides others: [String] = []) -> [String] {
        var findings = streamFindings()
        for command in commands {
            let found = commits[command.key] ?? []
            if let answer = command.acknowledged {
                findings += self.findings(command, answer, found)
            } else if let answer = command.answer {
                if answer.status != 422 && answer.status != 412 { findings.append("neither taken nor refused: \(command.text)") }
                // An earlier attempt without an answer may still have been under way, and is decided on its own when it arrives.
                let isOnlyAttempt = !command.attempts.contains { if case .lost = $0.outcome { true } else { false } }
                if isOnlyAttempt && !found.isEmpty { findings.append("refused, and in the log: \(command.text)") }
            } else {
                findings.append("no definite answer: \(command.text)")
            }
        }
        let strangers = Set(commits.keys).subtracting(commands.map(\.key) + others)
        if !strangers.isEmpty { findings.append("commands that no client sent: \(strangers.sorted())") }
        return findings
    }

    private func findings(_ command: SentCommand, _ answer: Server.Answer, _ found: [Commit]) -> [String] {
        let told = answer.json
        guard !told["events"].elements.isEmpty else {
            return found.isEmpty ? [] : ["told of no events, and in the log: \(command.text)"]
        }
        guard let commit = found.first else { return ["acknowledged, and not in the log: \(command.text)"] }
        let stored = commit.events.map { event in JSON.object(["id": event["id"], "type": event["type"], "data": event["data"]]) }
        let differing = [
            (told["position"].text == commit.position, "is at \(commit.position)"),
            (answer.position == commit.position, "is at \(commit.position), and its header says \(answer.position ?? "nothing")"),
            (told["version"].integer == commit.version, "is at version \(commit.version)"),
            (told["stream"].text == command.stream, "is told of another stream"),
            (told["events"] == .array(stored), "has other events in the log"),
        ]
        return differing.filter { !$0.0 }.map { "\($0.1): \(command.text)" }
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
