import EventModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import WriteModel

@testable import HTTPEdge

@Suite struct OpenAPITests {
    let edge = Edge()

    @Test func hasEveryPath() async throws {
        let response = try await edge.send(.get, "/openapi.json")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "application/json")
        let json = try response.json
        #expect(json["openapi"] as? String == "3.1.0")
        let paths = try #require(json["paths"] as? [String: [String: Any]])
        let operations = paths.flatMap { path, operations in operations.keys.map { "\($0) \(path)" } }
        #expect(
            Set(operations) == [
                "post /v1/account/{streamID}/open", "post /v1/account/{streamID}/deposit", "post /v1/account/{streamID}/touch",
                "get /v1/account/{streamID}", "get /v1/account/{streamID}/events", "get /v1/views/account-list",
                "get /v1/views/account-list/{key}", "get /health/live", "get /health/ready", "get /health/startup", "get /metrics",
                "get /openapi.json",
            ])
    }

    @Test func describesBodiesFiltersAndRows() async throws {
        let json = try await edge.send(.get, "/openapi.json").json
        func value(_ path: String...) -> Any? {
            path.reduce(json as Any?) { at, name in
                if let array = at as? [Any], let index = Int(name) { array[index] } else { (at as? [String: Any])?[name] }
            }
        }
        #expect(
            value(
                "paths", "/v1/account/{streamID}/deposit", "post", "requestBody", "content", "application/json", "schema", "properties",
                "amount", "type") as? String == "integer")
        #expect(value("paths", "/v1/views/account-list", "get", "parameters", "0", "name") as? String == "owner")
        let row = try #require(value("components", "schemas", "AccountListRow", "properties") as? [String: [String: Any]])
        #expect(row["accountId"]?["type"] as? String == "string")
        #expect(row["nickname"]?["type"] as? [String] == ["string", "null"])
        #expect(row["deposits"]?["type"] as? String == "integer")
        #expect(row["balanceMicros"]?["type"] as? String == "string")
        #expect(row["openedAt"]?["format"] as? String == "date-time")
    }

    /// Whatever a command is answered, once its headers are read, its key goes out, and the document says so.
    @Test func documentsTheKeyOfEveryProblemOfACommand() async throws {
        let json = try await edge.send(.get, "/openapi.json").json
        let components = try #require(json["components"] as? [String: Any])
        let responses = try #require(components["responses"] as? [String: [String: Any]])
        var documented: Set<Int> = []
        for (name, response) in responses where name.hasPrefix("problem") {
            let headers = response["headers"] as? [String: Any] ?? [:]
            if headers["Idempotency-Key"] != nil, let status = Int(name.dropFirst("problem".count)) { documented.insert(status) }
        }
        var answered: Set<Int> = []
        func send(_ body: String = "{}", _ headers: HTTPFields = [:]) async throws {
            let answer = try await edge.send(.post, "/v1/account/1/open", body, headers: headers)
            #expect(answer.headers[.key] != nil, "\(answer.status)")
            answered.insert(answer.status.code)
        }
        try await send("{")
        try await send(String(repeating: " ", count: (1 << 20) + 1))
        try await send("{}", [.contentType: "text/plain"])
        for outcome in [
            .conflict(expected: .noStream, actual: StreamVersion(1)), .idempotencyKeyReused, .overloaded, .unavailable("away"), .unknown,
        ] as [CommandOutcome] {
            edge.commands.answerAlways(outcome)
            try await send(#"{"owner":"Ada"}"#)
        }
        #expect(answered == [400, 412, 413, 415, 422, 429, 503, 504])
        #expect(documented == answered)
    }

    @Test func readsOfStreamsAndViewsTakeAPreference() async throws {
        let paths = try #require(try await edge.send(.get, "/openapi.json").json["paths"] as? [String: [String: [String: Any]]])
        for path in ["/v1/account/{streamID}", "/v1/account/{streamID}/events", "/v1/views/account-list", "/v1/views/account-list/{key}"] {
            let parameters = try #require(paths[path]?["get"]?["parameters"] as? [[String: Any]])
            #expect(parameters.contains { $0["$ref"] as? String == "#/components/parameters/prefer" }, "\(path)")
        }
    }

    /// A command may be called as the events' path is.
    @Test func keepsACommandCalledEvents() async throws {
        var edge = edge
        edge.services.commands = [InMemoryCommands(categories: [Account.categoryWithEventsCommand()])]
        let paths = try #require(try await edge.send(.get, "/openapi.json").json["paths"] as? [String: [String: Any]])
        #expect(paths["/v1/account/{streamID}/events"]?.keys.sorted() == ["get", "post"])
        #expect(try await edge.send(.post, "/v1/account/1/events", "{}").status == .ok)
        #expect(try await edge.send(.delete, "/v1/account/1/events").headers[.allow] == "GET, HEAD, POST")
        try await edge.send(.get, "/v1/account/1/events").expectProblem(404, "not-found")
    }

    @Test func isValid() async throws {
        let document = try await edge.send(.get, "/openapi.json").text
        let (status, output) = try await run(
            "python3", "-c",
            """
            import json, sys
            try:
                from openapi_spec_validator import validate
            except ImportError:
                print("skipped: Python's openapi-spec-validator is not installed"); sys.exit(0)
            validate(json.load(sys.stdin))
            print("valid")
            """, input: document)
        print("OpenAPI document: \(output)")
        #expect(status == 0, "\(output)")
    }

    private func run(_ command: String..., input: String) async throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let standardInput = Pipe()
        let output = Pipe()
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                    try standardInput.fileHandleForWriting.close()
                    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                    process.waitUntilExit()
                    let result =
                        process.terminationStatus == 127 ? (0, "skipped: python3 is not installed") : (process.terminationStatus, text)
                    continuation.resume(returning: result)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
