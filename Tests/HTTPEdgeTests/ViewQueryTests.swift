import EventLog
import HTTPTypes
import HummingbirdTesting
import ReadModel
import Testing

@testable import HTTPEdge

/// The contract's "Queries" of views, and reading one's writes.
@Suite struct ViewQueryTests {
    let edge = Edge()

    @Test func row() async throws {
        let response = try await edge.send(.get, "/v1/views/account-list/account%2F1")
        #expect(response.status == .ok)
        #expect(response.text == #"{"accountId":"1"}"#)
        #expect(response.headers[.contentType] == "application/json")
        #expect(response.headers[.position] == "banking/0@7, banking/3@9")
        #expect(response.headers[.applied] == nil)
        #expect(
            edge.views.lastCall == StubViews.Call(projection: "account-list", key: "account/1", positions: [], timeout: .seconds(2)))
    }

    @Test func rowThatIsNotThere() async throws {
        let edge = Edge(views: StubViews { _ in ViewAnswer(json: nil, position: "banking/0@7") })
        let response = try await edge.send(.get, "/v1/views/account-list/1")
        try response.expectProblem(404, "not-found", instance: "/v1/views/account-list/1")
        #expect(response.headers[.position] == "banking/0@7")
    }

    @Test func rows() async throws {
        let response = try await edge.send(.get, "/v1/views/account-list?owner=Ada+L%C3%B6w&limit=5&after=abc%3D")
        #expect(response.status == .ok)
        #expect(response.text == #"{"rows":[],"next":null}"#)
        #expect(response.headers[.position] == "banking/0@7, banking/3@9")
        #expect(
            edge.views.lastCall
                == StubViews.Call(
                    projection: "account-list", filters: ["owner": "Ada Löw"], limit: "5", after: "abc=", positions: [],
                    timeout: .seconds(2)))
    }

    @Test func nothingAppliedYet() async throws {
        let edge = Edge(views: StubViews { _ in ViewAnswer(json: "{}", position: "") })
        let response = try await edge.send(.get, "/v1/views/account-list")
        #expect(response.status == .ok)
        #expect(response.headers[.position] == nil)
    }

    @Test func unknownView() async throws {
        try await edge.send(.get, "/v1/views/nonsense").expectProblem(404, "not-found")
        try await edge.send(.get, "/v1/views/nonsense/1").expectProblem(404, "not-found")
        #expect(edge.views.lastCall == nil)
    }

    @Test(arguments: ["/v1/views/account-list/", "/v1/views/account-list/%FF", "/v1/views/account-list/a%00b"])
    func badKey(_ path: String) async throws {
        try await edge.send(.get, path).expectProblem(400, "malformed", field: "key")
    }

    @Test func badParameters() async throws {
        let edge = Edge(views: StubViews { _ in throw InvalidViewQuery(parameter: "balance", reason: "no filter") })
        try await edge.send(.get, "/v1/views/account-list?balance=1").expectProblem(400, "malformed", field: "balance")
        try await edge.send(.get, "/v1/views/account-list?owner=a&owner=b").expectProblem(400, "malformed", field: "owner")
        try await edge.send(.get, "/v1/views/account-list?owner=%F").expectProblem(400, "malformed", field: "owner")
        try await edge.send(.get, "/v1/views/account-list?owner=a%00b").expectProblem(400, "malformed", field: "owner")
        try await edge.send(.get, "/v1/views/account-list/1?owner=a").expectProblem(400, "malformed", field: "owner")
    }

    @Test func positionThatTheViewCanNeverReach() async throws {
        let edge = Edge(views: StubViews { _ in throw InvalidQuery(parameter: "Highwater-Position", reason: "no such partition") })
        try await edge.send(.get, "/v1/views/account-list/1", headers: [.position: "banking/99@1"])
            .expectProblem(400, "malformed", field: "Highwater-Position")
    }

    @Test func waitsForPositions() async throws {
        let response = try await edge.send(
            .get, "/v1/views/account-list/1", headers: [.position: "banking/0@7,banking/3@9 ,", .preference: "respond-async, wait=5"])
        #expect(response.status == .ok)
        #expect(response.headers[.applied] == "wait=5")
        #expect(edge.views.lastCall?.positions == ["banking/0@7", "banking/3@9"])
        #expect(edge.views.lastCall?.timeout == .seconds(5))
    }

    @Test func severalPositionHeaders() async throws {
        var headers: HTTPFields = [:]
        headers.append(HTTPField(name: .position, value: "banking/0@7"))
        headers.append(HTTPField(name: .position, value: "banking/3@9"))
        _ = try await edge.send(.get, "/v1/views/account-list/1", headers: headers)
        #expect(edge.views.lastCall?.positions == ["banking/0@7", "banking/3@9"])
    }

    @Test(arguments: ["", ",", "banking", "banking/0", "banking/0@", "banking/0@-1", "banking/x@1", "other/0@1", "banking/0@1;banking/1@1"])
    func badPosition(_ header: String) async throws {
        let response = try await edge.send(.get, "/v1/views/account-list/1", headers: [.position: header])
        try response.expectProblem(400, "malformed", field: "Highwater-Position")
        #expect(edge.views.lastCall == nil)
    }

    @Test(
        arguments: [
            ("wait=0", 0), ("wait=7", 7), ("WAIT = 7", 7), ("wait=\"7\"", 7), ("wait=7; x=y", 7), ("wait=31", 30),
            ("wait=99999999999999999999", 30), ("wait=7, wait=9", 7), ("return=minimal", nil), ("wait", nil), ("wait=", nil),
            ("wait=-1", nil),
            ("wait=x", nil), ("await=7", nil), ("foo=\"a, wait=1\", wait=3", 3), ("foo=\"a\\\", wait=1\"; x=\"y,z\" ,wait=3;v=\";\"", 3),
            (",, wait=4", 4),
        ] as [(String, Int?)])
    func preference(_ header: String, _ wait: Int?) async throws {
        let response = try await edge.send(.get, "/v1/views/account-list/1", headers: [.preference: header])
        #expect(response.status == .ok)
        #expect(edge.views.lastCall?.timeout == .seconds(wait ?? 2))
        #expect(response.headers[.applied] == wait.map { "wait=\($0)" })
    }

    @Test func faultsOfTheReadModel() async throws {
        for code in [ReadModelError.Code.behind, .unavailable, .storage, .unknownProjection] {
            let edge = Edge(views: StubViews { _ in throw ReadModelError(code, "the view is at banking/0@3") })
            let response = try await edge.send(.get, "/v1/views/account-list/1", headers: [.preference: "wait=1"])
            try response.expectProblem(503, "unavailable")
            #expect(response.headers[.retryAfter] == "1")
            #expect(response.headers[.applied] == "wait=1")
        }
        let edge = Edge(views: StubViews { _ in throw ReadModelError(.incompatibleLayout, "/secret/path") })
        let response = try await edge.send(.get, "/v1/views/account-list/1")
        try response.expectProblem(500, "internal")
        #expect(!response.text.contains("secret"))
    }
}
