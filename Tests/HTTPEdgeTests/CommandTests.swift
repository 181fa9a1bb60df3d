import EventLog
import EventModel
import HTTPTypes
import HummingbirdTesting
import Testing
import WriteModel

@testable import HTTPEdge

/// The contract's "Commands".
@Suite struct CommandTests {
    let edge = Edge()

    @Test func createsAStream() async throws {
        let response = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: "k1"])
        #expect(response.status == .created)
        #expect(
            response.text == """
                {"stream":"account/1","version":1,"position":"banking/0@0","replayed":false,\
                "events":[{"id":"account/1@1","type":"account.opened.v1","data":{"owner":"Ada"}}]}
                """)
        #expect(response.headers[.contentType] == "application/json")
        #expect(response.headers[.eTag] == "\"1\"")
        #expect(response.headers[.position] == "banking/0@0")
        #expect(response.headers[.key] == "k1")
    }

    @Test func changesAStream() async throws {
        try await edge.open("1")
        let response = try await edge.send(.post, "/v1/account/1/deposit", #"{"amount":5}"#, headers: [.key: "k2"])
        #expect(response.status == .ok)
        #expect(response.headers[.eTag] == "\"2\"")
        #expect(response.text.contains(#""version":2,"position":"banking/0@1","replayed":false,"events":[{"id":"account/1@2""#))
    }

    @Test func changesNothing() async throws {
        try await edge.open("1")
        try await edge.open("2")
        let response = try await edge.send(.post, "/v1/account/1/touch", nil, headers: [.key: "k2"])
        #expect(response.status == .ok)
        #expect(response.text == #"{"stream":"account/1","version":1,"position":"banking/0@1","replayed":false,"events":[]}"#)
        #expect(response.headers[.eTag] == "\"1\"")
        // What it has seen, though it has recorded nothing: a read model that has come to it has all that was decided on.
        #expect(response.headers[.position] == "banking/0@1")
    }

    @Test func answersAgainAsTheFirstTime() async throws {
        let first = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: "k1"])
        let second = try await edge.send(.post, "/v1/account/1/open", #"{ "owner" : "Ada" }"#, headers: [.key: "k1"])
        #expect(second.status == .created)
        #expect(second.text == first.text.replacing("\"replayed\":false", with: "\"replayed\":true"))
        #expect(second.headers == first.headers.withLength(of: second))
        #expect(edge.commands.records == 1)
    }

    @Test func makesAKeyWhereThereIsNone() async throws {
        let response = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#)
        #expect(response.headers[.key] == "made-1")
        let command = try #require(edge.commands.received.first)
        #expect(command.id.description == "made-1")
        #expect(command.correlationID == "made-1")
    }

    @Test func madeKeysAreDistinctUUIDs() {
        let ids = Set((0..<100).map { _ in RandomCommandID.make().description })
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil })
    }

    @Test func carriesTheHeadersIntoTheCommand() async throws {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        _ = try await edge.send(
            .post, "/v1/account/1/open", #"{"owner":"Ada"}"#,
            headers: [.key: "k1", .correlation: "c1", .traceparent: traceparent, .ifNoneMatch: "*"])
        let command = try #require(edge.commands.received.first)
        #expect(command.id.description == "k1")
        #expect(command.correlationID == "c1")
        #expect(command.causationID == "")
        #expect(command.traceparent == traceparent)
        #expect(command.expected == .noStream)
    }

    @Test(arguments: [
        "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "zz-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ])
    func ignoresAnInvalidTraceparent(_ traceparent: String) async throws {
        let response = try await edge.send(
            .post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.traceparent: traceparent])
        #expect(response.status == .created)
        #expect(edge.commands.received.first?.traceparent == "")
    }

    @Test func takesATraceparentOfALaterVersion() async throws {
        let traceparent = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later"
        _ = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.traceparent: traceparent])
        #expect(edge.commands.received.first?.traceparent == traceparent)
    }

    @Test func expectsAVersion() async throws {
        try await edge.open("1")
        let right = try await edge.send(.post, "/v1/account/1/deposit", #"{"amount":5}"#, headers: [.ifMatch: "\"1\"", .key: "a"])
        #expect(right.status == .ok)
        let wrong = try await edge.send(.post, "/v1/account/1/deposit", #"{"amount":5}"#, headers: [.ifMatch: "\"1\"", .key: "b"])
        let problem = try wrong.expectProblem(412, "version-conflict", instance: "/v1/account/1/deposit")
        #expect(problem["expected"] as? Int == 1)
        #expect(problem["actual"] as? Int == 2)
        #expect(wrong.headers[.key] == "b")
        let exists = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.ifNoneMatch: "*", .key: "c"])
        let conflict = try exists.expectProblem(412, "version-conflict")
        #expect(conflict["expected"] as? Int == 0)
        #expect(conflict["actual"] as? Int == 2)
    }

    @Test func decodesTheStreamID() async throws {
        let response = try await edge.send(.post, "/v1/account/a%2Bb%7e%25/open", #"{"owner":"Ada"}"#)
        #expect(try response.json["stream"] as? String == "account/a+b~%")
    }

    @Test func takesAnyJSONMediaType() async throws {
        for type in [
            "application/json; charset=utf-8", "Application/JSON", "application/vnd.bank+json", "application/json ;x=y",
            "application/json;charset=UTF-8;x=\"a;b\"", " application/problem+JSON",
        ] {
            let response = try await edge.send(.post, "/v1/account/1/touch", "{}", headers: [.contentType: type])
            #expect(response.status == .ok, "\(type)")
        }
    }

    @Test func escapesWhatItIsGiven() async throws {
        let owner = "\"\\\n\u{1}é\u{2028}👩‍🚀</script>"
        let body = #"{"owner":"\"\\\n\u0001é\u2028👩‍🚀</script>"}"#
        let response = try await edge.send(.post, "/v1/account/%22%5C/open", body, headers: [.key: "k\"\\"])
        let json = try response.json
        #expect(json["stream"] as? String == "account/\"\\")
        let event = try #require((json["events"] as? [[String: Any]])?.first)
        #expect((event["data"] as? [String: String])?["owner"] == owner)
        #expect(event["id"] as? String == "account/\"\\@1")
        #expect(response.headers[.key] == "k\"\\")
    }

    @Test func isAnsweredThoughItsEventCannotBeShown() async throws {
        edge.commands.answerAlways(
            .committed(
                CommitReceipt(
                    stream: try StreamID("account/1"), firstVersion: StreamVersion(3),
                    position: LogPosition(TopicPartition("banking", Partition(1)), Offset(9)),
                    events: [
                        EncodedEvent(type: "account.deposited.v1", data: Bytes("x".utf8)), EncodedEvent(type: "unknown.v1", data: []),
                    ], isReplay: false)))
        let response = try await edge.send(.post, "/v1/account/1/touch", "{}")
        #expect(response.status == .ok)
        #expect(response.headers[.eTag] == "\"4\"")
        #expect(response.text.contains(#"[{"id":"account/1@3","type":"account.deposited.v1","data":null},{"id":"account/1@4","#))
    }
}

extension HTTPFields {
    fileprivate func withLength(of response: TestResponse) -> HTTPFields {
        var fields = self
        fields[.contentLength] = response.headers[.contentLength]
        return fields
    }
}
