import Foundation

@testable import PostgresReadModel

/// A server of one test's own, gone afterwards.
func withScratchServer(_ options: String..., body: (ScratchServer, _ url: String) async throws -> Void) async throws {
    let server = try ScratchServer()
    do {
        try await body(server, try await server.start(options))
    } catch {
        try await server.remove()
        throw error
    }
    try await server.remove()
}

/// A server of one test's own, by `scripts/postgres`.
struct ScratchServer: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let folder = "/tmp/highwater-postgres-" + UUID().uuidString.prefix(8)
    private let script: String

    init(file: StaticString = #filePath) throws {
        script = URL(filePath: "\(file)").appending(path: "../../../scripts/postgres").standardized.path
    }

    func start(_ options: [String] = []) async throws -> String {
        try await run(["start", "--folder", folder, "--no-fsync"] + options)
    }
    /// The server's own processes and those of its sessions.
    func processes() async throws -> [Int32] {
        let url = try await run(["url", "--folder", folder])
        let sessions = try await ScratchDatabase.connected(to: url) { session in
            let rows = try session.run("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            return (0..<rows.count).map { Int32(rows.number($0, 0)) }
        }
        let file = try String(contentsOfFile: folder + "/data/postmaster.pid", encoding: .utf8)
        return file.split(separator: "\n").prefix(1).compactMap { Int32($0) } + sessions
    }

    func restart() async throws { _ = try await run(["restart", "--folder", folder]) }

    func remove() async throws { _ = try await run(["stop", "--folder", folder, "--remove"]) }

    private func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [script] + arguments
        return process
    }

    /// The script's output, without its line's end.
    private func run(_ arguments: [String]) async throws -> String {
        let process = process(arguments)
        let output = Pipe()
        process.standardOutput = output
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard status == 0 else { throw Failed(description: "scripts/postgres \(arguments) ended with \(status)") }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
