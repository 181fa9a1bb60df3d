import EventModel
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import HTTPEdge

/// `If-Match` and `If-None-Match` as RFC 9110, section 13, has them.
@Suite struct PreconditionTests {
    let edge = Edge()

    private func deposit(_ headers: HTTPFields) async throws -> TestResponse {
        try await edge.send(.post, "/v1/account/1/deposit", #"{"amount":5}"#, headers: headers)
    }

    @Test(arguments: [
        (HTTPField.Name.ifMatch, "\"1\""), (.ifMatch, "*"), (.ifMatch, " * "), (.ifMatch, "\"7\",\"1\""), (.ifMatch, "\"a,b\" , \"1\""),
        (.ifMatch, ", \"1\" ,,"), (.ifMatch, "W/\"1\", \"1\""), (.ifNoneMatch, "\"2\""), (.ifNoneMatch, "W/\"2\", \"x\""),
        (.ifNoneMatch, "\"01\""),
    ])
    func letsACommandPass(_ name: HTTPField.Name, _ value: String) async throws {
        try await edge.open("1")
        let response = try await deposit([name: value])
        #expect(response.status == .ok)
        #expect(response.headers[.eTag] == "\"2\"")
    }

    /// A weak tag matches nothing strongly, and a tag that was never given out matches nothing.
    @Test(arguments: [
        (HTTPField.Name.ifMatch, "\"2\""), (.ifMatch, "W/\"1\""), (.ifMatch, "\"2\", \"3\""), (.ifMatch, "\"\""), (.ifMatch, "\"x\""),
        (.ifMatch, "\"01\""), (.ifMatch, "\"+1\""), (.ifMatch, "\"-1\""),
        (.ifMatch, "\"99999999999999999999\""), (.ifMatch, "\"686897696a7c876b7e\""), (.ifNoneMatch, "*"), (.ifNoneMatch, "\"1\""),
        (.ifNoneMatch, "W/\"1\""), (.ifNoneMatch, "\"7\", W/\"1\""),
    ])
    func stopsACommand(_ name: HTTPField.Name, _ value: String) async throws {
        try await edge.open("1")
        let problem = try await deposit([name: value]).expectProblem(412, "version-conflict")
        #expect(problem["actual"] as? Int == 1)
        #expect(edge.commands.records == 1)
    }

    @Test func tellsTheVersionDemandedWhereItIsOne() async throws {
        try await edge.open("1")
        func expected(_ headers: HTTPFields) async throws -> Int? {
            try await deposit(headers).expectProblem(412, "version-conflict")["expected"] as? Int
        }
        #expect(try await expected([.ifMatch: "\"3\""]) == 3)
        #expect(try await expected([.ifNoneMatch: "*"]) == 0)
        #expect(try await expected([.ifMatch: "\"3\", \"4\""]) == nil)
        #expect(try await expected([.ifMatch: "W/\"3\""]) == nil)
        let missing = try await edge.send(.post, "/v1/account/2/touch", nil, headers: [.ifMatch: "*"])
        let problem = try missing.expectProblem(412, "version-conflict")
        #expect(problem["expected"] == nil)
        #expect(problem["actual"] as? Int == 0)
        #expect((problem["detail"] as? String)?.hasPrefix("the stream does not exist") == true)
    }

    /// Both must hold.
    @Test func bothAtOnce() async throws {
        try await edge.open("1")
        try await deposit([.ifMatch: "*", .ifNoneMatch: "\"1\""]).expectProblem(412, "version-conflict")
        try await deposit([.ifMatch: "\"1\"", .ifNoneMatch: "*"]).expectProblem(412, "version-conflict")
        #expect(try await deposit([.ifMatch: "\"1\"", .ifNoneMatch: "\"2\""]).status == .ok)
    }

    @Test func severalFieldLinesAreAList() async throws {
        try await edge.open("1")
        var headers: HTTPFields = [:]
        headers.append(HTTPField(name: .ifMatch, value: "\"7\""))
        headers.append(HTTPField(name: .ifMatch, value: "\"1\""))
        #expect(try await deposit(headers).status == .ok)
    }

    /// A repeat is answered before its preconditions are looked at: they held when it took effect.
    @Test func aRepeatIsNotHeldToThem() async throws {
        try await edge.open("1")
        #expect(try await deposit([.key: "k", .ifMatch: "\"1\""]).status == .ok)
        let again = try await deposit([.key: "k", .ifMatch: "\"1\""])
        #expect(again.status == .ok)
        #expect(try again.json["replayed"] as? Bool == true)
    }

    // MARK: Reads

    static let paths = ["/v1/account/1", "/v1/account/1?version=1", "/v1/views/account-list/1", "/v1/views/account-list"]

    @Test(arguments: paths)
    func aReadIsNotModified(_ path: String) async throws {
        try await edge.open("1")
        let whole = try await edge.send(.get, path)
        let tag = try #require(whole.headers[.eTag])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        for (method, field) in [
            (HTTPRequest.Method.get, tag), (.get, "W/\(tag)"), (.get, "\"x\" , \(tag)"), (.get, "*"), (.head, tag),
        ] {
            let response = try await edge.send(method, path, headers: [.ifNoneMatch: field])
            #expect(response.status == .notModified, "\(field)")
            #expect(response.headers[.eTag] == tag)
            #expect(response.headers[.position] == whole.headers[.position])
            #expect(response.headers[.contentType] == nil)
            #expect(response.body.readableBytes == 0)
        }
        let other = try await edge.send(.get, path, headers: [.ifNoneMatch: "\"x\""])
        #expect(other.status == .ok)
        #expect(other.text == whole.text)
        #expect(other.headers[.eTag] == tag)
    }

    @Test(arguments: paths)
    func aReadHeedsIfMatch(_ path: String) async throws {
        try await edge.open("1")
        let tag = try #require(try await edge.send(.get, path).headers[.eTag])
        #expect(try await edge.send(.get, path, headers: [.ifMatch: tag]).status == .ok)
        #expect(try await edge.send(.get, path, headers: [.ifMatch: "*"]).status == .ok)
        for field in ["\"x\"", "W/\(tag)"] {
            let response = try await edge.send(.get, path, headers: [.ifMatch: field, .ifNoneMatch: tag])
            try response.expectProblem(412, "precondition-failed")
            #expect(response.headers[.eTag] == tag)
        }
        try await edge.send(.get, path, headers: [.ifNoneMatch: "x"]).expectProblem(400, "malformed", field: "If-None-Match")
    }

    @Test func whatIsNotThereIsNotFound() async throws {
        for path in ["/v1/account/1", "/v1/account/1?version=2"] {
            try await edge.send(.get, path, headers: [.ifNoneMatch: "*"]).expectProblem(404, "not-found")
            try await edge.send(.get, path, headers: [.ifMatch: "\"1\""]).expectProblem(404, "not-found")
        }
    }

    @Test func theTagIsThatOfTheVersion() async throws {
        try await edge.open("1", deposits: 1)
        #expect(try await edge.send(.get, "/v1/account/1", headers: [.ifNoneMatch: "\"1\""]).status == .ok)
        #expect(try await edge.send(.get, "/v1/account/1?version=1", headers: [.ifNoneMatch: "\"1\""]).status == .notModified)
        #expect(EntityTag(digestOf: "a") != EntityTag(digestOf: "b"))
        #expect(EntityTag(digestOf: "abc").description == "\"ba7816bf8f01cfea414140de5dae2223\"")
    }

    @Test func tellsThePreferenceThatItAppliedToo() async throws {
        try await edge.open("1")
        for path in ["/v1/account/1", "/v1/views/account-list"] {
            let response = try await edge.send(.get, path, headers: [.ifNoneMatch: "*", .preference: "wait=1"])
            #expect(response.status == .notModified)
            #expect(response.headers[.applied] == "wait=1")
        }
    }
}
