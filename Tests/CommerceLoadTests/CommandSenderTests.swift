import AsyncHTTPClient
import HighwaterCLI
import Testing

@testable import CommerceLoad

@Suite(.timeLimit(.minutes(5))) struct CommandSenderTests {
    private static let command = InvoiceCommand(
        isReturn: false, invoice: "100001", path: "/v1/order/100001/place", idempotencyKey: "k", body: Array("{}".utf8))

    private func send(status: Int, _ body: String) async throws -> CommandSender.Outcome {
        try await ScriptedServer.with(status: status, body) { url in
            try await CommandSender(client: .shared, url: url, patience: .seconds(600)).send(Self.command)
        }
    }

    private static func problem(_ slug: String, _ more: String = "") -> String {
        #"{"type":"urn:highwater:problem:\#(slug)","title":"t","status":0,"detail":"because"\#(more)}"#
    }

    @Test(
        arguments: [
            (200, #"{"replayed":true}"#, .replayed), (201, #"{"replayed":false}"#, .committed),
            (422, problem("refused", #","refusal":"lines-missing""#), .refused("lines-missing", detail: "because")),
            (422, problem("idempotency-key-reused"), .refused("idempotency-key-reused", detail: "because")),
            // Not the load's end: the other invoices can go in.
            (400, problem("malformed", #","field":"country""#), .refused("malformed", detail: "because")),
            (413, problem("too-large"), .refused("too-large", detail: "because")),
            (413, "<html>nginx</html>", .refused("too-large", detail: "<html>nginx</html>")),
        ] as [(Int, String, CommandSender.Outcome)])
    func eachAnswerHasItsOutcome(_ status: Int, _ body: String, _ outcome: CommandSender.Outcome) async throws {
        #expect(try await send(status: status, body) == outcome)
    }

    @Test(arguments: [(400, "<html>Bad Request</html>"), (404, problem("unknown-category")), (200, "{}"), (500, ""), (401, "")])
    func whatIsNoAnswerToACommandEndsTheLoad(_ status: Int, _ body: String) async throws {
        await #expect(throws: Failure.self) { try await send(status: status, body) }
    }
}
