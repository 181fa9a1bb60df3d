import NIOCore
import Testing

@testable import HTTPEdge

/// What a client may send, and in what time.
@Suite(.timeLimit(.minutes(1))) struct ClientLimitsTests {
    @Test(arguments: [
        ("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Large: \(String(repeating: "x", count: 70_000))\r\n\r\n", 431),
        ("GET /health/live HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X-Many: x\r\n", count: 201))\r\n", 431),
        ("GET /\(String(repeating: "x", count: 70_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ("GET /\(String(repeating: "x", count: 200_000))", 414),
        (
            "GET /\(String(repeating: "x", count: 60_000)) HTTP/1.1\r\nHost: x\r\nX-Large: \(String(repeating: "x", count: 9_000))\r\n\r\n",
            431
        ),
        ("GET /health/live HTTP/1.1\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        ("GET /health/live HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: x y\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: a@x/\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\nHost: x\n\n", 400),
        ("GET /health/live HTTP/2.0\r\nHost: x\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        // Two ways to tell where a body ends.
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n{}", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /nothing HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ])
    func whatIsRefused(_ request: String, _ status: Int) async throws {
        let answers = try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(request + RawRequest.get())
                let answer = try await connection.answer()
                #expect(answer.status == status)
                #expect(answer.header("Content-Type") == "application/problem+json")
                #expect(answer.header("Connection") == "close")
                return try await connection.rest()
            }
        }
        #expect(answers == "", "no second answer")
    }

    @Test(arguments: [
        ("GET http://example.org/health/live HTTP/1.1\r\nHost: example.org\r\n\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost:\r\n\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost: [::1]:8080 \r\n\r\n", 200),
        ("\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=\"b\"\r\n{}\r\n0\r\nTrailer: x\r\n\r\n", 404),
    ])
    func whatIsTaken(_ request: String, _ status: Int) async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                for _ in 0..<2 {
                    try await connection.send(request)
                    #expect(try await connection.answer().status == status)
                }
            }
        }
    }

    @Test func aHeadHasNoBodyInItsAnswer() async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send("HEAD /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                let all = try await connection.rest()
                #expect(all.hasPrefix("HTTP/1.1 404 "))
                #expect(all.hasSuffix("\r\n\r\n"))
            }
        }
    }

    /// A fault behind requests that are answered yet.
    @Test func whatIsNoHTTPWaitsItsTurn() async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1") + RawRequest.get() + "NONSENSE\r\n\r\n")
                for status in [201, 200, 400] { #expect(try await connection.answer().status == status) }
                #expect(try await connection.rest() == "")
            }
        }
    }

    // MARK: Time

    private var hasty: Edge {
        var edge = Edge()
        edge.configuration.requestTimeout = .milliseconds(100)
        // The client closes.
        edge.configuration.endPatience = .seconds(60)
        return edge
    }

    @Test(arguments: [
        ("GET /health/live HTTP/1.1\r\nHost", "request-timeout"), (RawRequest.open("1", body: "{", length: 15), "request-timeout"),
        (RawRequest.open("1", "Expect: 100-continue", body: "", length: 15), "request-timeout"),
    ])
    func aRequestThatDoesNotEnd(_ request: String, _ problem: String) async throws {
        let edge = hasty
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(request)
                var answer = try await connection.answer()
                if answer.status == 100 { answer = try await connection.answer() }
                #expect(answer.status == 408)
                #expect(answer.problem == problem)
                #expect(try await connection.rest() == "")
            }
        }
        #expect(edge.commands.received.isEmpty)
    }

    /// Bytes that come now and then do not put the end off.
    @Test func aBodyThatDripsIn() async throws {
        try await hasty.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1", body: "", length: 1000))
                for _ in 0..<20 {
                    try await connection.send(" ")
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(try await connection.answer().status == 408)
                #expect(try await connection.rest() == "")
            }
        }
    }

    /// The time in which the server is too busy to read is not the client's.
    @Test func onlyTheTimeThatTheClientTakesCounts() {
        var waiting = WaitingTime()
        let start = NIODeadline.uptimeNanoseconds(0)
        waiting.begin(start)
        waiting.end(start + .seconds(2))
        #expect(waiting.total(start + .seconds(60)) == .seconds(2))
        waiting.begin(start + .seconds(60))
        waiting.begin(start + .seconds(61))
        #expect(waiting.total(start + .seconds(63)) == .seconds(5))
        waiting.end(start + .seconds(64))
        waiting.end(start + .seconds(70))
        #expect(waiting.total(start + .seconds(70)) == .seconds(6))
    }

    @Test func aConnectionWithoutARequest() async throws {
        var edge = Edge()
        edge.configuration.keepAlive = .milliseconds(50)
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                let rest = try await connection.rest()
                #expect(rest == "")
            }
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.get())
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.rest() == "")
            }
        }
    }
}
