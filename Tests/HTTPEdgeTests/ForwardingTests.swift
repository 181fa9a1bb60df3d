import AsyncHTTPClient
import EventModel
import Foundation
import HTTPTypes
import HighwaterTesting
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WriteModel

@testable import HTTPEdge

/// Two instances, of which one owns the partition: real servers, real connections.
@Suite(.timeLimit(.minutes(5))) struct ForwardingTests {
    private let owners = AnnouncedOwners()
    /// For those who shall not go on before a test says so. Everything else has its time.
    private let clock = ManualClock()

    private func instance(
        _ name: String, owns: Bool, patience: Duration = .milliseconds(200), before: @escaping @Sendable () async -> Void = {},
        beforeCaughtUp: @escaping @Sendable () async -> Void = {}
    ) -> Edge {
        let commands = InMemoryCommands(instance: name, owners: owners, before: before, beforeCaughtUp: beforeCaughtUp)
        if !owns { commands.answerAlways(.notOwner) }
        if !owns { commands.failReads(HistoryError(.notOwner, "another instance writes the partition")) }
        var edge = Edge(commands: commands)
        edge.configuration.ownerPatience = patience
        // Only where a test moves the clock does time run out.
        edge.configuration.commandTimeout = .seconds(600)
        return edge
    }

    /// An instance that owns nothing, by whose clock time stands still.
    private func waiting() -> Edge { instance("other", owns: false).by(clock) }

    @Test func aCommandGoesToTheOwnerAndItsAnswerComesBack() async throws {
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false)
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                let client = LiveClient(port: port)
                let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
                let made = try await client.post(
                    "/v1/account/a%3Ab/open", #"{"owner":"Ada"}"#,
                    ["Idempotency-Key": "k1", "traceparent": traceparent, "X-Correlation-ID": "c1"])
                #expect(made.status == 201)
                #expect(made.headers.first(name: "ETag") == "\"1\"")
                #expect(made.headers.first(name: "Highwater-Position") == "banking/0@0")
                #expect(made.headers.first(name: "Idempotency-Key") == "k1")
                #expect(made.headers["content-length"].count == 1)
                #expect(try made.json["version"] as? Int == 1)
                let received = try #require(owner.commands.received.first)
                #expect(received.stream.description == "account/a:b")
                #expect(received.id.description == "k1")
                #expect(received.correlationID == "c1")
                #expect(received.traceparent == traceparent)
                // Preconditions go along, and problems come back as they are.
                let conflict = try await client.post("/v1/account/a%3Ab/open", #"{"owner":"Ada"}"#, ["If-None-Match": "*"])
                #expect(conflict.status == 412)
                #expect(try conflict.json["type"] as? String == "urn:highwater:problem:version-conflict")
                #expect(try conflict.json["actual"] as? Int == 1)
            }
        }
    }

    /// As they came, and so decided by the owner on what it has.
    @Test func preconditionsAndKeysGoAlongInAllTheirForms() async throws {
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false)
        try await owner.open("1")
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                let client = LiveClient(port: port)
                for (field, status) in [("W/\"1\"", 412), ("\"7\", \"8\"", 412), ("\"7\", \"1\"", 200), ("*", 200)] {
                    let answer = try await client.post(
                        "/v1/account/1/deposit", #"{"amount":5}"#,
                        ["If-Match": field, "Idempotency-Key": "deposit-\(status)-\(field.utf8.count)"])
                    #expect(answer.status == status, "\(field)")
                }
                for (sent, answered) in [("\"k7\"", "k7"), ("k7", "k7"), (#""\"k7\"""#, #""\"k7\"""#)] {
                    let answer = try await client.post("/v1/account/1/deposit", #"{"amount":6}"#, ["Idempotency-Key": sent])
                    #expect(answer.headers["Idempotency-Key"] == [answered])
                }
                #expect(owner.commands.received.suffix(3).map(\.id.description) == ["k7", "k7", "\"k7\""])
            }
        }
    }

    @Test func aReadWithoutABodyComesBackAsTheOwnerAnsweredIt() async throws {
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false)
        try await owner.open("1")
        let whole = try await owner.send(.get, "/v1/account/1").text
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                let head = "Host: x\r\n"
                let answer = try await RawConnection.exchange(
                    port: port,
                    [
                        "HEAD /v1/account/1 HTTP/1.1\r\n\(head)\r\n",
                        "GET /v1/account/1 HTTP/1.1\r\n\(head)If-None-Match: \"1\"\r\n\r\n",
                        "GET /v1/account/1 HTTP/1.1\r\n\(head)Connection: close\r\n\r\n",
                    ])
                let answers = answer.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.components(separatedBy: "\r\n\r\n") }
                try #require(answers.count == 3, "\(answer)")
                let length = "Content-Length: \(whole.utf8.count)"
                #expect(answers[0][0].hasPrefix("200 ") && answers[0][0].lowercased().contains(length.lowercased()), "\(answers[0])")
                #expect(answers[0][1].isEmpty)
                #expect(answers[1][0].hasPrefix("304 ") && answers[1][0].contains("\r\nETag: \"1\""), "\(answers[1])")
                #expect(answers[1][0].contains("\r\nHighwater-Position: banking/0@0"), "\(answers[1])")
                #expect(!answers[1][0].lowercased().contains("content-") && answers[1][1].isEmpty, "\(answers[1])")
                #expect(answers[2][1].contains(whole))
            }
        }
    }

    @Test func aKeyMadeHereGoesAlong() async throws {
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false)
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                let made = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                #expect(made.headers.first(name: "Idempotency-Key") == "made-1")
                #expect(owner.commands.received.map(\.id.description) == ["made-1"])
            }
        }
    }

    @Test func aStreamIsReadAtTheOwner() async throws {
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false)
        try await owner.open("1", deposits: 2)
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                let client = LiveClient(port: port)
                let state = try await client.get("/v1/account/1?version=2")
                #expect(state.status == 200)
                #expect(state.headers.first(name: "ETag") == "\"2\"")
                let events = try await client.get("/v1/account/1/events?from=2&limit=1")
                let shown = try events.json["events"] as? [Any]
                #expect(shown?.count == 1)
                #expect(try events.json["next"] as? Int == 3)
                #expect(try await client.get("/v1/account/2").status == 404)
            }
        }
    }

    /// Which may be longer than a command may take.
    @Test func aReadTakesAsLongAsItsCallerIsReadyToWait() async throws {
        let held = HeldRequests()
        let owner = instance("owner", owns: true) {
        } beforeCaughtUp: {
            await held.hold()
        }
        let other = waiting()
        try await owner.open("1")
        try await owner.by(clock).running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                async let read = LiveClient(port: port).get(
                    "/v1/account/1", ["Highwater-Position": "banking/0@0", "Prefer": "wait=30"])
                await held.waitForOne()
                await clock.sleepers(1)
                clock.advance(by: .seconds(20))
                held.release()
                let answer = try await read
                #expect(answer.status == 200)
                #expect(answer.headers["Preference-Applied"] == ["wait=30"])
                #expect(owner.commands.waits == [.seconds(30)])
            }
        }
    }

    @Test func withoutAnOwnerItIsUnavailable() async throws {
        let other = instance("other", owns: false)
        try await other.running { port, _ in
            let answer = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
            #expect(answer.status == 503)
            #expect(answer.headers.first(name: "Retry-After") == "1")
            #expect(answer.headers.contains(name: "Idempotency-Key"))
        }
    }

    @Test func anOwnerThatIsGoneIsUnavailableUntilAnotherIsAnnounced() async throws {
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false)
        let patient = instance("other", owns: false, patience: .seconds(600))
        // A port that nobody listens on any more.
        let gone = try await owner.running { port, _ in port }
        owners.announce("gone", at: "http://127.0.0.1:\(gone)", epoch: 1)
        try await other.running { port, _ in
            let answer = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
            #expect(answer.status == 503)
            #expect(Set(owners.missed.map(\.instance)) == ["gone"])
        }
        try await owner.running { ownerPort, _ in
            try await patient.running { port, _ in
                async let answer = LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                for await _ in owners.waits { break }
                owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 2)
                let status = try await answer.status
                #expect(status == 201)
            }
        }
    }

    @Test func anOwnerWithoutAnAddressGetsNothing() async throws {
        let other = instance("other", owns: false, patience: .zero)
        owners.announce("gone", at: "nonsense", epoch: 1)
        try await other.running { port, _ in
            let answer = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
            #expect(answer.status == 503)
        }
    }

    @Test func itFollowsAnOwnerThatHasMoved() async throws {
        let former = instance("former", owns: false)
        let owner = instance("owner", owns: true)
        let other = instance("other", owns: false, patience: .seconds(600))
        try await former.running { formerPort, _ in
            owners.announce("former", at: "http://127.0.0.1:\(formerPort)", epoch: 1)
            try await owner.running { ownerPort, _ in
                try await other.running { port, _ in
                    async let answer = LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                    // The second wait: the first is beside the request to the former owner, which says that it is none.
                    var waits = 0
                    for await _ in owners.waits {
                        waits += 1
                        if waits == 2 { break }
                    }
                    owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 2)
                    let status = try await answer.status
                    #expect(status == 201)
                }
            }
        }
        #expect(former.commands.received.count >= 1)
    }

    /// The owner was killed, and another process answers at its address: that the owner has just changed would be untrue.
    @Test func anotherProcessAtTheOwnersAddressTellsThatTheOwnerHasEnded() async throws {
        let restarted = instance("restarted", owns: false)
        let other = instance("other", owns: false, patience: .zero)
        other.commands.expect(
            OwnerProspect(banking, isClaiming: false, vacancy: .milliseconds(1500), succession: .seconds(6)))
        try await restarted.running { port, _ in
            owners.announce("killed", at: "http://127.0.0.1:\(port)", epoch: 1)
            try await other.running { port, _ in
                let answer = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                #expect(answer.status == 503)
                #expect(answer.headers.first(name: "Retry-After") == "5")
                let detail = try #require(try answer.json["detail"] as? String)
                #expect(detail.contains("no instance writes banking/0") && !detail.contains("just changed"), "\(detail)")
            }
        }
        #expect(owners.missed.map(\.instance) == ["killed"])
    }

    /// It is the owner's own process that says so, and nobody is missed.
    @Test func anOwnerThatIsNoneAnyMoreIsNotMissed() async throws {
        let former = instance("former", owns: false)
        let other = instance("other", owns: false, patience: .zero)
        try await former.running { port, _ in
            owners.announce("former", at: "http://127.0.0.1:\(port)", epoch: 1)
            try await other.running { port, _ in
                let answer = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                #expect(answer.status == 503 && answer.headers.first(name: "Retry-After") == "1")
                #expect((try answer.json["detail"] as? String)?.contains("has not announced itself yet") == true)
            }
        }
        #expect(owners.missed.isEmpty)
    }

    @Test func itNeverGoesInCircles() async throws {
        // Each believes that the other is the owner.
        let (mine, theirs) = (AnnouncedOwners(), AnnouncedOwners())
        var edges: [Edge] = []
        for (name, owners) in [("a", mine), ("b", theirs)] {
            let commands = InMemoryCommands(instance: name, owners: owners)
            commands.answerAlways(.notOwner)
            var edge = Edge(commands: commands)
            edge.configuration.ownerPatience = .zero
            edges.append(edge)
        }
        let (a, b) = (edges[0], edges[1])
        try await a.running { aPort, _ in
            theirs.announce("a", at: "http://127.0.0.1:\(aPort)", epoch: 1)
            try await b.running { bPort, _ in
                mine.announce("b", at: "http://127.0.0.1:\(bPort)", epoch: 1)
                let answer = try await LiveClient(port: aPort).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                #expect(answer.status == 503)
                #expect(!answer.headers.contains(name: "Highwater-Misdirected"))
            }
        }
        #expect(a.commands.received.count == 1)
        #expect(b.commands.received.count == 1)
    }

    @Test func anOwnerThatHangsIsLeftForItsSuccessor() async throws {
        let held = HeldRequests()
        let hanging = instance("hanging", owns: true) { await held.hold() }
        let owner = instance("owner", owns: true)
        let other = waiting()
        try await hanging.running { hangingPort, _ in
            owners.announce("hanging", at: "http://127.0.0.1:\(hangingPort)", epoch: 1)
            try await owner.running { ownerPort, _ in
                try await other.running { port, _ in
                    async let answer = LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                    await held.waitForOne()
                    owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 2)
                    await clock.sleeper(for: .milliseconds(250))
                    clock.advance(by: .milliseconds(250))
                    let status = try await answer.status
                    #expect(status == 201)
                }
            }
            held.release()
        }
    }

    @Test func withoutAnAnswerTheOutcomeIsUnknown() async throws {
        let held = HeldRequests()
        let hanging = instance("hanging", owns: true) { await held.hold() }
        let other = waiting()
        try await hanging.running { hangingPort, _ in
            owners.announce("hanging", at: "http://127.0.0.1:\(hangingPort)", epoch: 1)
            try await other.running { port, _ in
                async let sent = LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#, ["Idempotency-Key": "k"])
                await held.waitForOne()
                await clock.sleeper(for: .seconds(10))
                clock.advance(by: .seconds(10))
                let answer = try await sent
                #expect(answer.status == 504)
                #expect(try answer.json["type"] as? String == "urn:highwater:problem:outcome-unknown")
                #expect(answer.headers.first(name: "Idempotency-Key") == "k")
            }
            held.release()
        }
    }

    /// The first attempt may have taken effect: that a later one had none is no answer.
    @Test(arguments: [CommandOutcome.unavailable("the log is away; nothing happened"), .overloaded])
    func aLaterAttemptWithoutEffectLeavesItInDoubt(_ outcome: CommandOutcome) async throws {
        let held = HeldRequests()
        let hanging = instance("hanging", owns: true) { await held.hold() }
        let successor = instance("successor", owns: true)
        successor.commands.answerAlways(outcome)
        let other = waiting()
        try await hanging.running { hangingPort, _ in
            owners.announce("hanging", at: "http://127.0.0.1:\(hangingPort)", epoch: 1)
            try await successor.running { successorPort, _ in
                try await other.running { port, _ in
                    async let sent = LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                    await held.waitForOne()
                    owners.announce("successor", at: "http://127.0.0.1:\(successorPort)", epoch: 2)
                    await clock.sleeper(for: .milliseconds(250))
                    clock.advance(by: .milliseconds(250))
                    await clock.sleeper(for: .milliseconds(20))  // before it tries again
                    clock.advance(by: .seconds(10))
                    let answer = try await sent
                    #expect(answer.status == 504)
                    #expect(!successor.commands.received.isEmpty)
                }
            }
            held.release()
        }
    }

    @Test func norDoesOneOfItsOwn() async throws {
        let held = HeldRequests()
        let hanging = instance("hanging", owns: true) { await held.hold() }
        let other = waiting()
        try await hanging.running { hangingPort, _ in
            owners.announce("hanging", at: "http://127.0.0.1:\(hangingPort)", epoch: 1)
            try await other.running { port, _ in
                async let sent = LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                await held.waitForOne()
                other.commands.answerAlways(.unavailable("the log is away; nothing happened"))
                owners.announce("other", at: "http://127.0.0.1:\(port)", epoch: 2)
                await clock.sleeper(for: .milliseconds(250))
                clock.advance(by: .milliseconds(250))
                await clock.sleeper(for: .milliseconds(20))
                clock.advance(by: .seconds(10))
                let answer = try await sent
                #expect(answer.status == 504)
            }
            held.release()
        }
    }

    @Test func theDeadlineGoesAlong() async throws {
        let owner = instance("owner", owns: true).by(clock)
        let other = waiting()
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await other.running { port, _ in
                _ = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                let forwarded = try #require(owner.commands.timeouts.last ?? nil)
                #expect(forwarded == .seconds(10))
                // A header of no use, or of somebody who has forwarded nothing, changes nothing.
                _ = try await LiveClient(port: ownerPort).post(
                    "/v1/account/1/deposit", #"{"amount":1}"#, ["Highwater-Timeout": "1"])
                let direct = try #require(owner.commands.timeouts.last ?? nil)
                #expect(direct == .seconds(10))
            }
        }
    }

    @Test func whileItDrainsItStillForwards() async throws {
        let owner = instance("owner", owns: true)
        let draining = instance("other", owns: false).draining
        try await owner.running { ownerPort, _ in
            owners.announce("owner", at: "http://127.0.0.1:\(ownerPort)", epoch: 1)
            try await draining.running { port, _ in
                let answer = try await LiveClient(port: port).post("/v1/account/1/open", #"{"owner":"Ada"}"#)
                #expect(answer.status == 201)
                // It is kept for as long as it listens: connections made anew would meet the end of that.
                #expect(answer.headers.first(name: "Connection") == nil)
            }
        }
    }
}

extension Edge {
    fileprivate func by(_ clock: ManualClock) -> Edge {
        var edge = self
        edge.services.environment = clock.environment
        edge.configuration.commandTimeout = .seconds(10)
        return edge
    }

    fileprivate var draining: Edge {
        var edge = self
        edge.services.health = HealthEndpoints(isDraining: { true })
        return edge
    }
}

/// Holds whoever comes until released.
private final class HeldRequests: Sendable {
    private let arrivals = AsyncStream.makeStream(of: Void.self)
    private let gate = AsyncStream.makeStream(of: Void.self)

    func hold() async {
        arrivals.continuation.yield()
        for await _ in gate.stream {}
    }

    func waitForOne() async { for await _ in arrivals.stream { break } }
    func release() { gate.continuation.finish() }
}

private struct LiveClient {
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: ByteBuffer

        var json: [String: Any] {
            get throws { try #require(JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]) }
        }
    }

    let port: Int

    func post(_ path: String, _ body: String, _ headers: [String: String] = [:]) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(string: body))
        return try await send(request)
    }

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return try await send(request)
    }

    private func send(_ request: HTTPClientRequest) async throws -> Answer {
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(600))
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: try await response.body.collect(upTo: 1 << 20))
    }
}
