import EventModel
import HTTPTypes
import HummingbirdTesting
import Testing
import WriteModel

@testable import HTTPEdge

/// `Idempotency-Key`, bare or as a string of structured fields (RFC 9651): one key.
@Suite struct IdempotencyKeyTests {
    let edge = Edge()

    @Test(arguments: [
        ("k7", "k7"), ("\"k7\"", "k7"), ("\"k7\";a=b", "k7"), ("\"k7\"; a=\"x;y\"; b;c=1.5", "k7"), ("\"k7\" ", "k7"),
        (#""a\"b\\c""#, #"a"b\c"#), (#""\"k7\"""#, #""k7""#), ("k7;a=b", "k7;a=b"), ("'k7'", "'k7'"), ("a\"b", "a\"b"),
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
    ])
    func reads(_ field: String, _ id: String) {
        #expect(CommandID(field: field)?.description == id)
    }

    @Test func theLimitIsThatOfTheInnerText() {
        let most = String(repeating: "\\\"", count: 128)
        #expect(CommandID(field: "\"\(most)\"")?.description.utf8.count == 128)
        #expect(CommandID(field: "\"\(most)x\"") == nil)
    }

    @Test(arguments: ["k7", "a\"b", "\"", "\"k7\"", #""\"#, "\\"])
    func readsWhatItWrites(_ text: String) throws {
        let id = try #require(CommandID(text))
        #expect(CommandID(field: id.field) == id)
    }

    @Test func bothFormsAreOneKey() async throws {
        let first = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: "\"k7\""])
        #expect(first.status == .created)
        #expect(first.headers[.key] == "k7")
        for field in ["k7", "\"k7\"", "\"k7\";v=1"] {
            let again = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: field])
            #expect(again.status == .created)
            #expect(try again.json["replayed"] as? Bool == true)
            #expect(again.headers[.key] == "k7")
        }
        #expect(edge.commands.records == 1)
        try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Bob"}"#, headers: [.key: "\"k7\""])
            .expectProblem(422, "idempotency-key-reused")
    }

    @Test func aKeyThatBeginsWithAQuoteIsAnsweredAsAString() async throws {
        let response = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#, headers: [.key: #""\"k7\"""#])
        #expect(response.headers[.key] == #""\"k7\"""#)
        #expect(edge.commands.received.first?.id.description == #""k7""#)
    }
}
