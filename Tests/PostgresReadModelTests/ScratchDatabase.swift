import EventLog
import Foundation
import Logging

@testable import PostgresReadModel

/// A database of one test's own on the server that `TEST_POSTGRES_URL` names, gone afterwards.
struct ScratchDatabase {
    /// A URI, as `scripts/postgres start` prints it.
    static let server = ProcessInfo.processInfo.environment["TEST_POSTGRES_URL"].flatMap { $0.isEmpty ? nil : $0 }
    static let isSkipped = "TEST_POSTGRES_URL names no server; scripts/test starts one, or: scripts/postgres start"

    let name: String
    let url: String

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    func open(
        _ options: PostgresReadModelStore.Options = .init(connections: 4, patience: .seconds(300)),
        environment: EngineEnvironment = .system, logger: Logger = logger
    ) async throws -> PostgresReadModelStore {
        try await PostgresReadModelStore.open(connectionString: url, options: options, environment: environment, logger: logger)
    }

    /// Runs statements as another program would.
    @discardableResult
    func execute(_ script: String) async throws -> Int32 {
        try await Self.connected(to: url) { session in
            try session.script(script)
            return session.processID
        }
    }

    /// A query's rows, as texts.
    func query(_ sql: String, _ parameters: [Parameter] = []) async throws -> [[String?]] {
        try await Self.connected(to: url) { session in
            let rows = try session.run(sql, parameters)
            return (0..<rows.count).map { row in (0..<rows.columnCount).map { rows.optionalText(row, $0) } }
        }
    }

    /// Waits until a query answers true.
    func wait(for condition: String) async throws {
        try await Self.connected(to: url) { session in
            while try session.run(condition).number(0, 0) != 1 {
                try session.checkCancellation()
                // The server sleeps, so that others get their turn.
                try session.run("SELECT pg_sleep(0.005)::text")
            }
        }
    }

    static func connected<Result: Sendable>(
        to url: String, _ body: @escaping @Sendable (PostgresSession) throws -> Result
    ) async throws -> Result {
        let connection = try PostgresConnection(
            ConnectionSettings(connectionString: url, applicationName: "highwater-test"), logger: logger)
        defer { connection.close() }
        try await connection.connect()
        return try await connection.run(within: nil, body)
    }

    /// The same server with another database.
    static func url(database: String) -> String {
        var url = URLComponents(string: server ?? "") ?? URLComponents()
        url.path = "/" + database
        return url.string ?? ""
    }
}

func withScratchDatabase<Result>(_ body: (ScratchDatabase) async throws -> Result) async throws -> Result {
    let name = "highwater_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    let server = ScratchDatabase.server ?? ""
    try await ScratchDatabase.connected(to: server) { try $0.script("CREATE DATABASE \(name) ENCODING 'UTF8' TEMPLATE template0") }
    func drop() async {
        // The server gives a backend five seconds to end; the database goes with the server all the same.
        try? await ScratchDatabase.connected(to: server) { try $0.script("DROP DATABASE \(name) WITH (FORCE)") }
    }
    let result: Result
    do {
        result = try await body(ScratchDatabase(name: name, url: ScratchDatabase.url(database: name)))
    } catch {
        await drop()
        throw error
    }
    await drop()
    return result
}
