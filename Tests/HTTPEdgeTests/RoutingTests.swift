import EventLog
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import HTTPEdge

@Suite struct RoutingTests {
    let edge = Edge()

    @Test(arguments: [
        "/", "", "/nonsense", "/v1", "/v1/", "/v1/account/1/2/3", "/health/nonsense", "/health", "/metrics/x", "/v1/views", "/v2/account/1",
    ])
    func unknownPath(_ path: String) async throws {
        let response = try await edge.send(.get, path)
        #expect(response.status == .notFound)
        #expect(response.headers[.contentType] == "application/problem+json")
    }

    @Test func tellsThePathWithoutTheQuery() async throws {
        try await edge.send(.get, "/nonsense%20here?secret=1").expectProblem(404, "not-found", instance: "/nonsense%20here")
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/v1/account/1/open", "POST"), (.put, "/v1/account/1/open", "POST"),
        (.post, "/v1/account/1", "GET, HEAD"), (.delete, "/v1/account/1", "GET, HEAD"), (.post, "/v1/account/1/events", "GET, HEAD"),
        (.post, "/v1/views/account-list", "GET, HEAD"), (.delete, "/v1/views/account-list/1", "GET, HEAD"),
        (.post, "/health/live", "GET, HEAD"), (.post, "/metrics", "GET, HEAD"), (.put, "/openapi.json", "GET, HEAD"),
        (HTTPRequest.Method("BREW")!, "/metrics", "GET, HEAD"),
    ])
    func methodNotAllowed(_ method: HTTPRequest.Method, _ path: String, allowed: String) async throws {
        let response = try await edge.send(method, path)
        try response.expectProblem(405, "method-not-allowed", instance: path)
        #expect(response.headers[.allow] == allowed)
    }

    @Test func headIsGetWithoutTheBody() async throws {
        for path in ["/health/live", "/openapi.json", "/v1/views/account-list", "/nonsense"] {
            let get = try await edge.send(.get, path)
            let head = try await edge.send(.head, path)
            #expect(head.status == get.status)
            #expect(head.headers == get.headers)
            #expect(head.body.readableBytes == 0)
            #expect(head.headers[.contentLength] == String(get.body.readableBytes))
        }
    }

    @Test func viewsComeBeforeACategoryOfTheirName() {
        var edge = edge
        edge.services.commands = [InMemoryCommands(categories: [Account.category("views")])]
        #expect(throws: InvalidRegistration.self) { try edge.server() }
    }

    @Test func namesMustBeDistinct() {
        var edge = edge
        edge.services.commands = [InMemoryCommands("a"), InMemoryCommands("b")]
        #expect(throws: InvalidRegistration.self) { try edge.server() }
        edge.services.commands = []
        edge.services.views = StubViews(schemas: [StubViews.schema, StubViews.schema])
        #expect(throws: InvalidRegistration.self) { try edge.server() }
    }

    @Test func servesSeveralContexts() async throws {
        var edge = edge
        let second = InMemoryCommands("other", categories: [Account.category("wallet")])
        edge.services.commands.append(second)
        let response = try await edge.send(.post, "/v1/wallet/1/open", #"{"owner":"Ada"}"#)
        #expect(response.headers[.position] == "other/0@0")
        #expect(second.records == 1)
        #expect(edge.commands.records == 0)
    }

    @Test func echoIsThereOnlyForBenchmarks() async throws {
        var edge = edge
        try await edge.send(.post, "/bench/echo", #"{"a": 1}"#).expectProblem(404, "not-found")
        edge.configuration.benchmarkRoutes = true
        let response = try await edge.send(.post, "/bench/echo", #"{"a": 1}"#)
        #expect(response.status == .ok)
        #expect(response.text == #"{"a": 1}"#)
        #expect(try await edge.send(.get, "/openapi.json").text.contains("bench") == false)
    }

    @Test(
        arguments: [
            ("abc", "abc"), ("a%20b", "a b"), ("%C3%A9", "é"), ("%2f%2F", "//"), ("+", "+"), ("", ""), ("%", nil), ("%2", nil),
            ("%zz", nil),
            ("%FF", nil), ("%C3", nil),
        ] as [(String, String?)])
    func percentDecoding(_ encoded: String, _ decoded: String?) {
        #expect(PercentEncoding.decode(encoded[...]) == decoded)
    }

    @Test func plusIsASpaceInAQuery() throws {
        #expect(try QueryParameters("a=United+Kingdom&b=1%2B1&c").values == ["a": "United Kingdom", "b": "1+1", "c": ""])
    }
}
