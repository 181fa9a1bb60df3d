import EventLog
import EventModel
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import WriteModel

@testable import HTTPEdge

/// `GET /v1/{category}/{streamID}` and its events.
@Suite struct StreamQueryTests {
    let edge = Edge()

    @Test func eventsOfAStream() async throws {
        var edge = edge
        edge.services.admit = { _ in .admitted(actor: "ada") }
        _ = try await edge.send(
            .post, "/v1/account/1/open", #"{"owner":"A\"da"}"#, headers: [.key: "k1", .correlation: "c1"])
        let response = try await edge.send(.get, "/v1/account/1/events")
        #expect(response.status == .ok)
        #expect(
            response.text
                == #"{"events":[{"id":"account/1@1","type":"account.opened.v1","stream":"account/1","version":1,"data":{"owner":"A\"da"},"#
                + #""commandId":"k1","correlationId":"c1","causationId":"","actor":"ada","at":"2026-01-02T03:04:05.25Z","#
                + #""position":"banking/0@0"}],"next":null}"#)
        #expect(response.headers[.contentType] == "application/json")
        #expect(response.headers[.position] == "banking/0@0")
    }

    @Test func eventsInPages() async throws {
        try await edge.open("1", deposits: 4)
        var versions: [[Int]] = []
        var next: Int? = 1
        while let from = next {
            let json = try await edge.send(.get, "/v1/account/1/events?limit=2&from=\(from)").json
            versions.append(try #require(json["events"] as? [[String: Any]]).compactMap { $0["version"] as? Int })
            next = json["next"] as? Int
        }
        #expect(versions == [[1, 2], [3, 4], [5]])
    }

    @Test func eventsBeyondTheEnd() async throws {
        try await edge.open("1")
        let response = try await edge.send(.get, "/v1/account/1/events?from=2")
        #expect(response.status == .ok)
        #expect(response.text == #"{"events":[],"next":null}"#)
        try await edge.send(.get, "/v1/account/2/events?from=2").expectProblem(404, "not-found")
        try await edge.send(.get, "/v1/account/2/events").expectProblem(404, "not-found", instance: "/v1/account/2/events")
    }

    /// Up to where it is true that there is nothing.
    @Test(arguments: ["1/events?from=7", "2/events", "2/events?from=2", "1?version=7", "2", "2?version=1"])
    func whatIsNotThereHasAPositionToo(_ path: String) async throws {
        try await edge.open("1", deposits: 1)
        try await edge.open("3")
        let response = try await edge.send(.get, "/v1/account/\(path)")
        #expect(response.status == (path.hasPrefix("1/events") ? .ok : .notFound))
        #expect(response.headers[.position] == "banking/0@2")
    }

    /// A stream that begins while its events are asked for: not there as of the position, and not half there.
    @Test func aStreamThatBeginsMeanwhileIsNotToldInPart() async throws {
        try await edge.open("1")
        edge.commands.beforeReads { commands in
            let at = LogPosition(banking, Offset(1))
            if commands.reads == 2 {
                commands.store(EncodedEvent(type: "account.opened.v1", data: []), on: try! StreamID("account/2"), at: at)
            }
        }
        let response = try await edge.send(.get, "/v1/account/2/events?from=2")
        try response.expectProblem(404, "not-found")
        #expect(response.headers[.position] == "banking/0@0")
    }

    @Test func atMostAHundredUnlessAskedFor() async throws {
        try await edge.open("1", deposits: 100)
        let json = try await edge.send(.get, "/v1/account/1/events").json
        #expect((json["events"] as? [Any])?.count == 100)
        #expect(json["next"] as? Int == 101)
    }

    @Test(arguments: [
        ("from=0", "from"), ("from=-1", "from"), ("from=x", "from"), ("from=", "from"), ("from=99999999999999999999", "from"),
        ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=+5", "limit"), ("limit=1&limit=2", "limit"), ("color=red", "color"),
    ])
    func badParameter(_ query: String, field: String) async throws {
        try await edge.open("1")
        try await edge.send(.get, "/v1/account/1/events?\(query)").expectProblem(400, "malformed", field: field)
    }

    @Test func anEventThatCannotBeShownHidesNoOther() async throws {
        var edge = edge
        let log = RecordingLog()
        edge.logger = log.logger
        try await edge.open("1")
        edge.commands.store(EncodedEvent(type: "account.deposited.v1", data: Bytes("x".utf8)), on: try StreamID("account/1"))
        edge.commands.store(EncodedEvent(type: "unknown.v1", data: []), on: try StreamID("account/1"))
        let response = try await edge.send(.get, "/v1/account/1/events")
        #expect(response.status == .ok)
        let events = try #require(try response.json["events"] as? [[String: Any]])
        #expect(events.map { $0["type"] as? String } == ["account.opened.v1", "account.deposited.v1", "unknown.v1"])
        #expect(events.map { $0["data"] is NSNull } == [false, true, true])
        for event in ["account/1@2", "account/1@3"] {
            #expect(log.lines.contains { $0.hasPrefix("error ") && $0.contains(event) }, "\(log.lines)")
        }
    }

    @Test func stateAtAVersion() async throws {
        try await edge.open("1", deposits: 2)
        let newest = try await edge.send(.get, "/v1/account/1")
        #expect(newest.status == .ok)
        #expect(newest.text == #"{"stream":"account/1","version":3,"state":{"owner":"Ada","balance":3}}"#)
        #expect(newest.headers[.eTag] == "\"3\"")
        #expect(newest.headers[.position] == "banking/0@2")
        let earlier = try await edge.send(.get, "/v1/account/1?version=2")
        #expect(earlier.text == #"{"stream":"account/1","version":2,"state":{"owner":"Ada","balance":1}}"#)
        #expect(earlier.headers[.eTag] == "\"2\"")
        try await edge.send(.get, "/v1/account/1?version=4").expectProblem(404, "not-found")
        try await edge.send(.get, "/v1/account/2").expectProblem(404, "not-found")
        try await edge.send(.get, "/v1/account/1?version=0").expectProblem(400, "malformed", field: "version")
        try await edge.send(.get, "/v1/account/1?v=1").expectProblem(400, "malformed", field: "v")
        try await edge.send(.get, "/v1/account/").expectProblem(400, "malformed", field: "streamID")
    }

    @Test func stateIsTheCommandsETag() async throws {
        let made = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#)
        #expect(try await edge.send(.get, "/v1/account/1").headers[.eTag] == made.headers[.eTag])
    }

    @Test func historyThatCannotBeTold() async throws {
        edge.commands.failReads(HistoryError(.notOwner, "another instance writes the partition"))
        for path in ["/v1/account/1", "/v1/account/1/events"] {
            let response = try await edge.send(.get, path)
            try response.expectProblem(503, "unavailable")
            #expect(response.headers[.retryAfter] == "1")
        }
    }

    @Test func positionsAreCheckedHereToo() async throws {
        try await edge.open("1")
        #expect(try await edge.send(.get, "/v1/account/1", headers: [.position: "banking/0@0"]).status == .ok)
        #expect(edge.commands.positions.map(\.description) == ["banking/0@0"])
        // Of another partition, and so of no other stream's state.
        #expect(try await edge.send(.get, "/v1/account/1/events", headers: [.position: "banking/1@7"]).status == .ok)
        #expect(edge.commands.positions.count == 1)
        try await edge.send(.get, "/v1/account/1/events", headers: [.position: "banking/0@7"]).expectProblem(503, "unavailable")
        try await edge.send(.get, "/v1/account/1", headers: [.position: "x"]).expectProblem(400, "malformed", field: "Highwater-Position")
    }

    @Test(arguments: ["/v1/account/1", "/v1/account/1/events", "/v1/views/account-list", "/v1/views/account-list/1"])
    func aPartitionThatIsNotThere(_ path: String) async throws {
        try await edge.open("1")
        #expect(try await edge.send(.get, path, headers: [.position: "banking/7@0"]).status == .ok)
        for position in ["banking/8@0", "banking/0@0, banking/2147483647@0", "banking/8@1, nonsense/0@0"] {
            let response = try await edge.send(.get, path, headers: [.position: position])
            try response.expectProblem(400, "malformed", field: "Highwater-Position")
        }
    }

    /// Whoever has come to the last has come to all, and no more than one wait was asked for.
    @Test func severalPositionsAreWaitedForAtOnce() async throws {
        try await edge.open("1", deposits: 2)
        let response = try await edge.send(.get, "/v1/account/1", headers: [.position: "banking/0@1, banking/0@2, banking/0@0"])
        #expect(response.status == .ok)
        #expect(edge.commands.positions.map(\.description) == ["banking/0@2"])
    }

    @Test func tellsThePreferenceThatItApplied() async throws {
        try await edge.open("1")
        for path in ["/v1/account/1", "/v1/account/1/events", "/v1/account/2", "/v1/account/2/events"] {
            #expect(try await edge.send(.get, path, headers: [.preference: "wait=31"]).headers[.applied] == "wait=30")
            #expect(try await edge.send(.get, path).headers[.applied] == nil)
        }
        let late = try await edge.send(.get, "/v1/account/1", headers: [.position: "banking/0@7", .preference: "wait=5"])
        try late.expectProblem(503, "unavailable")
        #expect(late.headers[.applied] == "wait=5")
        #expect(try #require(edge.commands.waits.last) > .seconds(4))
    }
}
