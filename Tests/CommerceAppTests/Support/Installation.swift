import Foundation
import Testing

/// An installation of Commerce: a folder of its own with log, read model and state, and the program run on it.
final class Installation: Sendable {
    /// The executable built with the tests: beside the test bundle.
    static let executable: String = {
        let besideTests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("commerce").path
        return FileManager.default.isExecutableFile(atPath: besideTests) ? besideTests : checkout + "/.build/debug/commerce"
    }()

    /// The folder of the package.
    static let checkout = (1...4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }.path
    static let sample = checkout + "/samples/online-retail-sample.csv"

    let folder: String
    let environment: [String: String]

    init(_ settings: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("highwater-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        environment = ["HIGHWATER_HTTP": "127.0.0.1:0", "HIGHWATER_PARTITIONS": "4"].merging(settings) { $1 }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func file(_ name: String) -> String { folder + "/" + name }

    func remove(_ names: String...) throws {
        for name in names where FileManager.default.fileExists(atPath: file(name)) {
            try FileManager.default.removeItem(atPath: file(name))
        }
    }

    /// Removes a SQLite file with what belongs to it.
    func removeDatabase(_ name: String) throws { try remove(name, name + "-wal", name + "-shm") }

    // MARK: Running

    /// Runs `commerce up` while `body` works with it; it is killed afterwards where it still runs.
    ///
    /// - Parameter waits: for every partition to be claimed, before which commands are told to come again.
    func up<Result>(
        _ settings: [String: String] = [:], shell: String = "true", waits: Bool = true, _ body: (Server) async throws -> Result
    ) async throws -> Result {
        let process = try CommerceProcess(["up"], environment: environment.merging(settings) { $1 }, in: folder, shell: shell)
        return try await process.during {
            let line = await process.standardError.first { $0.contains("\"message\":\"listening\"") }
            guard let line, let url = try JSON(line)["url"].text else { throw await StartFailure(process) }
            let partitions = Int(environment["HIGHWATER_PARTITIONS"] ?? "") ?? 0
            if waits, !(await process.standardError.waitFor(partitions) { $0.contains("\"writing ordering/") }) {
                throw await StartFailure(process)
            }
            return try await body(Server(url: url, process: process))
        }
    }

    struct StartFailure: Error {
        let exit: CommerceProcess.Exit
        let text: String

        init(_ process: CommerceProcess) async {
            exit = await process.wait()
            text = process.standardError.text
        }
    }

    /// Starts a subcommand in the background; `body` works beside it. It is killed afterwards where it still runs.
    func running<Result>(
        _ arguments: String..., settings: [String: String] = [:], body: (CommerceProcess) async throws -> Result
    ) async throws -> Result {
        try await running(arguments, settings: settings, body: body)
    }

    func running<Result>(
        _ arguments: [String], settings: [String: String] = [:], shell: String = "true", body: (CommerceProcess) async throws -> Result
    ) async throws -> Result {
        let process = try CommerceProcess(arguments, environment: environment.merging(settings) { $1 }, in: folder, shell: shell)
        return try await process.during { try await body(process) }
    }

    struct Output: Sendable {
        let status: Int32
        let text: String
        let errors: String

        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    struct CommandFailure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ output: Output) { description = "\(what): exit status \(output.status): \(output.errors)" }
    }

    /// Runs a subcommand to its end.
    ///
    /// - Parameter shell: as of ``CommerceProcess``.
    func run(_ arguments: [String], _ settings: [String: String] = [:], shell: String = "true") async throws -> Output {
        try await Self.output(CommerceProcess(arguments, environment: environment.merging(settings) { $1 }, in: folder, shell: shell))
    }

    func run(_ arguments: String...) async throws -> Output { try await run(arguments) }

    /// Runs another program to its end.
    func runTool(_ arguments: String...) async throws -> Output {
        try await Self.output(CommerceProcess(arguments, in: folder, executable: "/usr/bin/env"))
    }

    private static func output(_ process: CommerceProcess) async throws -> Output {
        await withTaskCancellationHandler {
            let exit = await process.wait()
            #expect(!exit.wasSignalled, "ended by signal \(exit.status): \(process.standardError.text)")
            return Output(status: exit.status, text: process.standardOutput.text, errors: process.standardError.text)
        } onCancel: {
            process.signal(SIGKILL)
        }
    }

    // MARK: Looking

    /// Every recorded event, by partition and then order.
    func events() async throws -> [JSON] {
        let output = try await run("events", "tail", "--from", "beginning", "--to", "end")
        try #require(output.status == 0, "\(output.errors)")
        return try output.lines.sorted().map { try JSON($0) }
    }

    /// Where each partition's log ends, by its number.
    func ends() async throws -> [Int: Int] {
        let output = try await run("status", "--json")
        guard output.status == 0 else { throw CommandFailure("status", output) }
        let status = try JSON(output.text)
        return Dictionary(
            uniqueKeysWithValues: status["partitions"].elements.map { ($0["partition"].integer ?? -1, $0["end"].integer ?? -1) })
    }

    /// Returns once every projection of every read model has applied all that the log has, as `status` tells.
    func waitUntilCaughtUp(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("every read model has caught up", sourceLocation: sourceLocation) {
            let projections = try JSON(try await run("status", "--json").text)["projections"].elements
            return !projections.isEmpty && projections.allSatisfy { $0["lagRecords"].integer == 0 && $0["error"] == .null }
        }
    }

    func load(_ file: String = Installation.sample, to server: Server, _ arguments: String...) async throws -> (result: JSON, status: Int32)
    {
        let output = try await run(["load", file, "--url", server.url] + arguments)
        try #require(!output.text.isEmpty, "\(output.errors)")
        return (try JSON(output.text), output.status)
    }

    /// Compares the views with what plain Python makes of the file, once they have caught up with the log.
    func checkViews(_ server: Server, against file: String = Installation.sample, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        try await server.waitForViews(positions: Self.newest(try await events()))
        let output = try await runTool("python3", Installation.checkout + "/scripts/check-views", file, "--url", server.url)
        #expect(output.status == 0, "\(output.text)\(output.errors)", sourceLocation: sourceLocation)
    }

    /// The position of each partition's newest event.
    static func newest(_ events: [JSON]) -> [String] {
        var newest: [Substring: Int] = [:]
        for event in events {
            guard let parts = event["position"].text?.split(separator: "@"), parts.count == 2, let offset = Int(parts[1]) else { continue }
            newest[parts[0]] = max(newest[parts[0]] ?? -1, offset)
        }
        return newest.map { "\($0)@\($1)" }.sorted()
    }
}
