import AsyncHTTPClient
import HighwaterCLI
import NIOHTTP1
import Synchronization
import Testing

@testable import CommerceLoad

@Suite(.timeLimit(.minutes(5))) struct CommandSenderTests {
    private typealias Reply = ScriptedServer.Reply

    private static let command = InvoiceCommand(
        isReturn: false, invoice: "100001", line: 2, path: "/v1/order/100001/place", idempotencyKey: "k", body: Array("{}".utf8))

    private let clock = VirtualTime()
    private let progress = LoadProgress()

    private func send(_ replies: [ScriptedServer.Reply], patience: Duration = .seconds(60)) async throws -> CommandSender.Outcome {
        try await ScriptedServer.with(replies) { url in
            try await sending { client in
                try await CommandSender(client: client, url: url, patience: patience, progress: progress, time: clock.time)
                    .send(Self.command)
            }
        }.result
    }

    /// Works with a client as the load's.
    private func sending<Result>(_ work: (HTTPClient) async throws -> Result) async throws -> Result {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: CommandSender.configuration)
        let result: Result
        do {
            result = try await work(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return result
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
            (413, problem("too-large"), .refused("too-large", detail: "because (the command has 2 bytes)")),
            (413, "<html>nginx</html>", .refused("too-large", detail: "413: '<html>nginx</html>' (the command has 2 bytes)")),
        ] as [(Int, String, CommandSender.Outcome)])
    func eachAnswerHasItsOutcome(_ status: Int, _ body: String, _ outcome: CommandSender.Outcome) async throws {
        #expect(try await send([Reply(status: status, body: body)]) == outcome)
        #expect(progress.answered == 1)
        #expect(clock.slept.isEmpty)
    }

    @Test(arguments: [
        (400, "<html>Bad Request</html>"), (404, problem("unknown-category")), (401, ""), (403, problem("forbidden")), (404, "not here"),
        (415, problem("unsupported-media-type")), (301, ""), (308, ""),
    ])
    func whatWouldBeSaidOfEveryCommandEndsTheLoad(_ status: Int, _ body: String) async throws {
        await #expect(throws: Failure.self) { try await send([Reply(status: status, body: body)]) }
        #expect(clock.slept.isEmpty)
    }

    /// A firewall that takes one description for an attack says nothing of the other invoices.
    @Test func anErrorOfAnotherProgramIsOfOneInvoiceOnceTheAPIIsKnown() async throws {
        progress.addAnswer(at: clock.now)
        for status in [400, 403, 406, 415, 431, 451] {
            let outcome = try await send([Reply(status: status, body: "<html>no</html>")])
            #expect(outcome == .refused("status-\(status)", detail: "\(status): '<html>no</html>'"))
        }
        // That a path is not there which was there before is a proxy's state.
        #expect(try await send([Reply(status: 404, body: "no route"), .committed]) == .committed)
        await #expect(throws: Failure.self) { try await send([Reply(status: 401)]) }
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 520])
    func whatMayPassIsSentAgain(_ status: Int) async throws {
        #expect(
            try await send([Reply(status: status, body: "<html>"), Reply(status: status, body: Self.problem("x")), .committed])
                == .committed)
        #expect(clock.slept == [.milliseconds(40), .milliseconds(80)])
    }

    @Test(arguments: [
        Reply.none, Reply(ending: .cutBody), Reply(body: "<html>Maintenance</html>"), Reply(status: 200, body: "{}"),
        Reply(status: 201, body: ""),
        Reply(status: 204, body: ""),
    ])
    func aBrokenAnswerIsSentAgain(_ broken: ScriptedServer.Reply) async throws {
        let (outcome, requests) = try await ScriptedServer.with([broken, broken, .committed]) { url in
            try await sending { client in
                try await CommandSender(client: client, url: url, patience: .seconds(60), time: clock.time).send(Self.command)
            }
        }
        #expect(outcome == .committed)
        #expect(requests == 3)
    }

    @Test func waitsAsLongAsItIsAskedTo() async throws {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        for (headers, wait) in [
            (["Retry-After": "7"], 7), (["Retry-After": "Sun, 06 Nov 1994 08:49:50 GMT", "Date": date], 13),
            (["Retry-After": "Sun, 06 Nov 1994 08:49:30 GMT", "Date": date], 0),
        ] as [(HTTPHeaders, Int)] {
            let before = clock.slept.count
            #expect(try await send([Reply(status: 503, headers: headers, body: ""), .committed]) == .committed)
            // And up to a second, so that not all come back at once.
            #expect(clock.slept.dropFirst(before) == [.seconds(wait + 1)])
        }
    }

    @Test func givesUpWhereNoCommandIsAnswered() async throws {
        let start = clock.now
        let failure = await #expect(throws: Failure.self) { try await send([Reply(status: 502, body: "<html>\nBad gateway</html>")]) }
        #expect(start.duration(to: clock.now) == .seconds(60))
        #expect(failure?.description.contains("for 60 s: 502: '<html> Bad gateway</html>'") == true, "\(failure?.description ?? "")")
        // Neither does it wait longer than its patience.
        let late = await #expect(throws: Failure.self) { try await send([Reply(status: 503, headers: ["Retry-After": "3600"], body: "")]) }
        #expect(start.duration(to: clock.now) == .seconds(120))
        #expect(late?.description.contains("asks to wait for 3600 s") == true, "\(late?.description ?? "")")
    }

    /// A partition without an owner holds some invoices up, and the others go in.
    @Test func goesOnWhileOtherCommandsAreAnswered() async throws {
        let start = clock.now
        clock.onSleep { now in
            if start.duration(to: now) < .seconds(600) { progress.addAnswer(at: now) }
        }
        await #expect(throws: Failure.self) { try await send([Reply(status: 503, body: "")]) }
        let took = start.duration(to: clock.now)
        #expect(took >= .seconds(655) && took <= .seconds(665), "\(took)")
    }

    @Test func saysWhyThereIsNoConnection() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await sending { client in
                try await CommandSender(client: client, url: "http://127.0.0.1:1", patience: .seconds(1), time: clock.time)
                    .send(Self.command)
            }
        }
        let text = failure?.description ?? ""
        #expect(text.contains("http://127.0.0.1:1/v1/order/100001/place") && text.contains("connection refused"), "\(text)")
        #expect(!text.contains("errno") && !text.contains("NIO"), "\(text)")
    }
}

@Suite struct RetryAfterTests {
    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func readsEachFormOfADate(_ text: String) { #expect(RetryAfter.seconds(httpDate: text) == 784_111_777) }

    @Test(arguments: [
        "", "soon", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "1994-11-06",
    ])
    func readsNothingElse(_ text: String) { #expect(RetryAfter.seconds(httpDate: text) == nil) }

    @Test func isADurationFromTheAnswersDate() {
        #expect(RetryAfter.duration(nil, date: nil, now: 0) == nil)
        #expect(RetryAfter.duration("-1", date: nil, now: 0) == nil)
        #expect(RetryAfter.duration("1.5", date: nil, now: 0) == nil)
        #expect(RetryAfter.duration(" 120 ", date: nil, now: 0) == .seconds(120))
        #expect(RetryAfter.duration("99999999999999999999", date: nil, now: 0) == .seconds(86_400))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:49:37 GMT", date: nil, now: 784_111_770) == .seconds(7))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:49:37 GMT", date: "Sun, 06 Nov 1994 08:49:30 GMT", now: 0) == .seconds(7))
    }
}

/// A clock that goes on when somebody sleeps.
final class VirtualTime: Sendable {
    private struct State {
        var now = ContinuousClock.now
        var slept: [Duration] = []
        var onSleep: @Sendable (ContinuousClock.Instant) -> Void = { _ in }
    }

    private let state = Mutex(State())

    var now: ContinuousClock.Instant { state.withLock { $0.now } }
    var slept: [Duration] { state.withLock { $0.slept } }

    func onSleep(_ body: @escaping @Sendable (ContinuousClock.Instant) -> Void) { state.withLock { $0.onSleep = body } }

    /// Chance gives all that it may.
    var time: SenderTime {
        SenderTime(
            now: { self.now }, secondsSince1970: { 0 },
            sleep: { duration in
                let (now, onSleep) = self.state.withLock { state in
                    state.now += duration
                    state.slept.append(duration)
                    return (state.now, state.onSleep)
                }
                onSleep(now)
            }, share: { $0 })
    }
}
