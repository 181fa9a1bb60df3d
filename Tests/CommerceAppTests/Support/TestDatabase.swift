import Foundation
import Testing

/// A Postgres database for one test, on the server that `TEST_POSTGRES_URL` names (`scripts/postgres start` prints such a URL).
enum TestDatabase {
    static let isMissing: Comment = "TEST_POSTGRES_URL names no server; scripts/test starts one, or: scripts/postgres start"
    static var isThere: Bool { server != nil }

    private static let server = ProcessInfo.processInfo.environment["TEST_POSTGRES_URL"].flatMap {
        $0.isEmpty ? nil : URLComponents(string: $0)
    }

    /// - Parameter body: gets the new database's URL; nil where there is no server.
    static func with(_ body: (String?) async throws -> Void) async throws {
        guard var url = server else { return try await body(nil) }
        let name = "commerce_\(UInt32.random(in: 0 ... .max))"
        try await psql("CREATE DATABASE \(name)")
        url.path = "/" + name
        do {
            try await body(url.string)
            // The server gives a killed client's backend five seconds; the database goes with the server all the same.
            try? await psql("DROP DATABASE \(name) WITH (FORCE)")
        } catch {
            try? await psql("DROP DATABASE \(name) WITH (FORCE)")
            throw error
        }
    }

    /// Runs `body` with the URL of a copy of a database that nobody uses, with every byte of the original.
    static func withCopy(of original: String, _ body: (String) async throws -> Void) async throws {
        var url = try #require(URLComponents(string: original))
        let name = String(url.path.dropFirst())
        let copy = name + "_copy"
        // The server takes a moment to end the sessions of processes that have ended.
        try await eventually("\(name) is copied") {
            try await psql("CREATE DATABASE \(copy) TEMPLATE \(name)")
            return true
        }
        url.path = "/" + copy
        do {
            try await body(url.string ?? "")
            try? await psql("DROP DATABASE \(copy) WITH (FORCE)")
        } catch {
            try? await psql("DROP DATABASE \(copy) WITH (FORCE)")
            throw error
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func psql(_ statement: String) async throws {
        let process = try CommerceProcess(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, server?.string ?? ""],
            in: FileManager.default.temporaryDirectory.path, executable: "/usr/bin/env")
        let exit = await process.wait()
        guard exit == .status(0) else { throw Failure(description: "\(statement): \(process.standardError.text)") }
    }
}
