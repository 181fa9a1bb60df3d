import EventModel
import HTTPTypes
import HummingbirdTesting
import Testing
import WriteModel

@testable import HTTPEdge

/// The contract's "Errors", and bad input: each gets its problem, and the log stays untouched.
@Suite struct ProblemTests {
    let edge = Edge()

    @Test(
        arguments: [
            ("{", nil), ("[]", nil), ("null", nil), (#"{"owner":1}"#, "owner"), ("{}", "owner"), (#"{"owner":"Ada","age":1}"#, "age"),
            (#"{"owner":"Ada"} x"#, nil),
        ] as [(String, String?)])
    func malformedBody(_ body: String, field: String?) async throws {
        let response = try await edge.send(.post, "/v1/account/1/open", body, headers: [.key: "k"])
        try response.expectProblem(400, "malformed", field: field, instance: "/v1/account/1/open")
        #expect(response.headers[.key] == "k")
        #expect(edge.commands.received.isEmpty)
    }

    @Test func negativeAmount() async throws {
        try await edge.send(.post, "/v1/account/1/deposit", #"{"amount":-1}"#).expectProblem(400, "malformed", field: "amount")
        #expect(edge.commands.received.isEmpty)
    }

    @Test func emptyBodyWhereFieldsAreNeeded() async throws {
        try await edge.send(.post, "/v1/account/1/open").expectProblem(400, "malformed", field: "owner")
    }

    @Test(arguments: [
        "/v1/account//open", "/v1/account/a%20b/open", "/v1/account/a%2Fb/open", "/v1/account/a%40b/open", "/v1/account/%C3%A9/open",
        "/v1/account/./open", "/v1/account/../open", "/v1/account/%2E%2e/open", "/v1/account/%2e/open", "/v1/account/.%2E/open",
        "/v1/account/%/open", "/v1/account/%FF/open", "/v1/account/%zz/open", "/v1/account/\(String(repeating: "x", count: 129))/open",
    ])
    func badStreamID(_ path: String) async throws {
        let response = try await edge.send(.post, path, #"{"owner":"Ada"}"#)
        try response.expectProblem(400, "malformed", field: "streamID", instance: path)
        #expect(edge.commands.received.isEmpty)
    }

    @Test func longestStreamIDAndKey() async throws {
        let response = try await edge.send(
            .post, "/v1/account/\(String(repeating: "x", count: 128))/open", #"{"owner":"Ada"}"#,
            headers: [.key: String(repeating: "k", count: 128)])
        #expect(response.status == .created)
    }

    @Test(arguments: [
        (HTTPField.Name.key, ""), (.key, "a b"), (.key, String(repeating: "k", count: 129)), (.correlation, ""), (.correlation, "a b"),
        (.correlation, String(repeating: "c", count: 129)), (.ifMatch, "3"), (.ifMatch, ""), (.ifMatch, ","), (.ifMatch, "\""),
        (.ifMatch, "\"1\" \"2\""), (.ifMatch, "*, \"1\""), (.ifMatch, "w/\"1\""), (.ifMatch, "\"a b\""), (.ifMatch, "W/"),
        (.ifNoneMatch, "3"), (.ifNoneMatch, ""), (.ifNoneMatch, "**"), (.key, "\"\""), (.key, "\"a b\""), (.key, "\"k"), (.key, "\""),
        (.key, "\"k\"x"), (.key, "\"k\\n\""), (.key, "\"\(String(repeating: "k", count: 129))\""), (.key, "\"a\", \"b\""),
        (.key, "\"a\";"), (.key, "\"a\";x=\"y"),
    ])
    func badHeader(_ name: HTTPField.Name, _ value: String) async throws {
        let response = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [name: value])
        try response.expectProblem(400, "malformed", field: name.rawName)
        #expect(edge.commands.received.isEmpty)
    }

    @Test(arguments: ["a", "\"a\""])
    func twoKeys(_ first: String) async throws {
        for second in ["b", "\"b\"", first] {
            var headers: HTTPFields = [:]
            headers.append(HTTPField(name: .key, value: first))
            headers.append(HTTPField(name: .key, value: second))
            try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: headers)
                .expectProblem(400, "malformed", field: "Idempotency-Key")
        }
    }

    @Test(arguments: [
        "text/plain", "application/x-protobuf", "json", "", "application/jsonx", "text/json, application/json", "appli cation/json",
        "application/json, application/json", "/x+json", "application/", "+json",
    ])
    func unsupportedMediaType(_ type: String) async throws {
        let response = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.contentType: type])
        try response.expectProblem(415, "unsupported-media-type")
        #expect(edge.commands.received.isEmpty)
    }

    @Test func compressedBody() async throws {
        let response = try await edge.send(.post, "/v1/account/1/touch", "{}", headers: [.contentEncoding: "gzip"])
        try response.expectProblem(415, "unsupported-media-type")
    }

    @Test func bodyOverTheLimit() async throws {
        var edge = edge
        edge.configuration.maximumBodyBytes = 17
        let fits = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"12345"}"#)
        #expect(fits.status == .created)
        let response = try await edge.send(.post, "/v1/account/2/open", #"{"owner":"123456"}"#)
        try response.expectProblem(413, "too-large")
        #expect(response.headers[.connection] == "close")
        #expect(edge.commands.records == 1)
    }

    @Test func limitIsOneMebibyteByDefault() async throws {
        let most = (1 << 20) - #"{"owner":""}"#.utf8.count
        let fits = try await edge.send(.post, "/v1/account/1/open", "{\"owner\":\"\(String(repeating: "x", count: most))\"}")
        #expect(fits.status == .created)
        try await edge.send(.post, "/v1/account/2/open", "{\"owner\":\"\(String(repeating: "x", count: most + 1))\"}")
            .expectProblem(413, "too-large")
    }

    @Test func unknownCategoryAndCommand() async throws {
        try await edge.send(.post, "/v1/nonsense/1/open", "{}").expectProblem(404, "unknown-category")
        try await edge.send(.get, "/v1/nonsense/1").expectProblem(404, "unknown-category")
        try await edge.send(.post, "/v1/account/1/nonsense", "{}").expectProblem(404, "unknown-command")
        try await edge.send(.post, "/v1/account/1/", "{}").expectProblem(404, "unknown-command")
        #expect(edge.commands.received.isEmpty)
    }

    @Test func refused() async throws {
        try await edge.open("1")
        let again = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: "again"])
        let problem = try again.expectProblem(422, "refused", instance: "/v1/account/1/open")
        #expect(problem["refusal"] as? String == "account-already-open")
        #expect(again.headers[.key] == "again")
    }

    @Test func overflowOfASum() async throws {
        try await edge.open("1", deposits: 1)
        let response = try await edge.send(
            .post, "/v1/account/1/deposit", "{\"amount\":\(Int64.max)}", headers: [.key: "much"])
        let problem = try response.expectProblem(422, "refused")
        #expect(problem["refusal"] as? String == "amount-too-large")
        #expect(problem["detail"] as? String == "the balance would be more than an account can hold")
    }

    @Test func keyReused() async throws {
        _ = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: "k"])
        try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Bob"}"#, headers: [.key: "k"])
            .expectProblem(422, "idempotency-key-reused")
    }

    @Test func outcomesThatAreNotFinal() async throws {
        for (outcome, status, slug, retryAfter) in [
            (.tooLarge(limit: 9), 413, "too-large", nil), (.tooLarge(limit: nil), 413, "too-large", nil),
            (.overloaded, 429, "overloaded", "1"), (.notOwner, 503, "unavailable", "1"),
            (.unavailable("the disk is full"), 503, "unavailable", "1"), (.unknown, 504, "outcome-unknown", nil),
        ] as [(CommandOutcome, Int, String, String?)] {
            edge.commands.answerAlways(outcome)
            let response = try await edge.send(.post, "/v1/account/1/touch", "{}")
            let problem = try response.expectProblem(status, slug)
            #expect(response.headers[.retryAfter] == retryAfter)
            #expect(response.headers[.key]?.hasPrefix("made-") == true)
            if case .tooLarge = outcome { #expect(problem["title"] as? String == "The command or its events are too large") }
            if case .unavailable(let reason) = outcome { #expect(problem["detail"] as? String == reason) }
        }
    }

    @Test func admission() async throws {
        var edge = edge
        edge.services.admit = { request in
            switch request.headerFields[.authorization] {
            case nil: .unauthenticated(challenge: "Bearer")
            case "Bearer ada": .admitted(actor: "ada")
            default: .forbidden
            }
        }
        let anonymous = try await edge.send(.post, "/v1/account/1/touch", "{}")
        try anonymous.expectProblem(401, "unauthenticated")
        #expect(anonymous.headers[.wwwAuthenticate] == "Bearer")
        try await edge.send(.get, "/v1/views/account-list", headers: [.authorization: "Bearer bob"]).expectProblem(403, "forbidden")
        #expect(edge.commands.received.isEmpty)
        let response = try await edge.send(.post, "/v1/account/1/touch", "{}", headers: [.authorization: "Bearer ada"])
        #expect(response.status == .ok)
        #expect(edge.commands.received.first?.actor == "ada")
        #expect(try await edge.send(.get, "/health/live").status == .ok)
    }

    @Test func unexpectedErrorTellsNothingButItsID() async throws {
        let log = RecordingLog()
        var edge = edge
        edge.logger = log.logger
        edge.commands.store(EncodedEvent(type: "account.deposited.v1", data: Bytes("x".utf8)), on: try StreamID("account/1"))
        let response = try await edge.send(.get, "/v1/account/1")
        let problem = try response.expectProblem(500, "internal")
        #expect(response.headers[.retryAfter] == nil)
        #expect(!response.text.contains("secret"))
        let id = try #require(problem["errorId"] as? String)
        #expect(log.lines.contains { $0.contains(id) && $0.contains("secret bytes of another tenant") })
    }

    @Test func draining() async throws {
        var edge = edge
        edge.services.health.isDraining = { true }
        let response = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#)
        try response.expectProblem(503, "unavailable")
        #expect(response.headers[.retryAfter] == "1")
        #expect(response.headers[.connection] == "close")
        #expect(edge.commands.received.isEmpty)
        #expect(try await edge.send(.get, "/v1/views/account-list").status == .ok)
        #expect(try await edge.send(.get, "/health/live").status == .ok)
    }

    @Test func everyKindHasItsStatusAndAnswersWithIt() throws {
        let statuses = Dictionary(uniqueKeysWithValues: ProblemKind.allCases.map { ($0.rawValue, $0.status.code) })
        #expect(
            statuses == [
                "malformed": 400, "unauthenticated": 401, "forbidden": 403, "unknown-category": 404, "unknown-command": 404,
                "not-found": 404, "method-not-allowed": 405, "request-timeout": 408, "version-conflict": 412, "precondition-failed": 412,
                "too-large": 413, "target-too-long": 414, "unsupported-media-type": 415, "expectation-failed": 417,
                "headers-too-large": 431,
                "refused": 422, "idempotency-key-reused": 422, "overloaded": 429, "internal": 500, "unavailable": 503,
                "outcome-unknown": 504,
            ])
    }
}
