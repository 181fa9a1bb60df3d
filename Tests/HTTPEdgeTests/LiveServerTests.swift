import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import HTTPEdge

/// The server on a socket.
@Suite struct LiveServerTests {
    let edge = Edge()

    @Test func tellsItsPortAndAnswers() async throws {
        let answer = try await edge.running { port, _ in
            try await RawConnection.exchange(
                port: port,
                [
                    "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n",
                    "Connection: close\r\n\r\n{\"owner\":\"Ada\"}",
                ])
        }
        #expect(answer.hasPrefix("HTTP/1.1 201 Created\r\n"))
        #expect(answer.contains("\r\nETag: \"1\"\r\n"))
        #expect(answer.hasSuffix("]}"))
    }

    /// Nor a length, which would be that of what is not sent (RFC 9110, section 8.6).
    @Test func notModifiedHasNoBody() async throws {
        try await edge.open("1")
        let head = "GET /v1/account/1 HTTP/1.1\r\nHost: x\r\n"
        let answer = try await edge.running { port, _ in
            try await RawConnection.exchange(
                port: port, [head + "If-None-Match: W/\"1\"\r\n\r\n", head + "Connection: close\r\n\r\n"])
        }
        let answers = answer.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.components(separatedBy: "\r\n\r\n") }
        try #require(answers.count == 2, "\(answer)")
        #expect(answers[0][0].hasPrefix("304 Not Modified\r\n"))
        #expect(answers[0][0].contains("\r\nETag: \"1\"\r\n"))
        #expect(!answers[0][0].lowercased().contains("content-"))
        #expect(answers[0][1].isEmpty)
        #expect(answers[1][0].hasPrefix("200 OK\r\n"))
    }

    @Test func chunkedBodies() async throws {
        var edge = edge
        edge.configuration.maximumBodyBytes = 64
        let head = "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        let (fits, over, noType, empty) = try await edge.running { port, _ in
            (
                try await RawConnection.exchange(
                    port: port, [head + "Connection: close\r\n\r\n", "9\r\n{\"owner\":\r\n", "6\r\n\"Ada\"}\r\n0\r\n\r\n"]),
                // Never ends its body: the answer and the end of the connection do not wait for it.
                try await RawConnection.exchange(port: port, [head + "\r\n", "41\r\n" + String(repeating: "x", count: 65) + "\r\n"]),
                try await RawConnection.exchange(
                    port: port,
                    [
                        "POST /v1/account/2/touch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
                        "2\r\n{}\r\n0\r\n\r\n",
                    ]),
                try await RawConnection.exchange(
                    port: port,
                    ["POST /v1/account/2/touch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"])
            )
        }
        #expect(fits.hasPrefix("HTTP/1.1 201 "))
        #expect(over.hasPrefix("HTTP/1.1 413 "))
        #expect(over.contains("urn:highwater:problem:too-large"))
        #expect(noType.hasPrefix("HTTP/1.1 415 "))
        #expect(empty.hasPrefix("HTTP/1.1 200 "))
        #expect(edge.commands.records == 1)
    }

    @Test func announcedBodyOverTheLimitIsNotWaitedFor() async throws {
        let answer = try await edge.running { port, _ in
            try await RawConnection.exchange(
                port: port,
                ["POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n"])
        }
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.hasSuffix("}"))
    }

    @Test(arguments: [
        "NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n",
        "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ])
    func whatIsNoHTTP(_ request: String) async throws {
        let answer = try await edge.running { port, _ in try await RawConnection.exchange(port: port, [request]) }
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        #expect(answer.contains("application/problem+json"))
        #expect(answer.hasSuffix("}"))
        #expect(answer.contains("urn:highwater:problem:malformed"))
        #expect(edge.commands.received.isEmpty)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let answer = try await edge.running { port, _ in
            try await RawConnection.exchange(
                port: port,
                [
                    "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /nonsense HTTP/1.1\r\nHost: x\r\n\r\n"
                        + "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                ])
        }
        let statuses = answer.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
        #expect(statuses == ["200", "404", "200"])
    }

    @Test func manyAtOnce() async throws {
        try await edge.open("1")
        let statuses = try await edge.server().application.test(.ahc()) { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let response = try await client.execute(
                            uri: "/v1/account/1/deposit", method: .post,
                            headers: [.contentType: "application/json", .key: "k\(number % 100)"],
                            body: ByteBuffer(string: "{\"amount\":1}"))
                        return response.status.code
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
        }
        #expect(statuses == [200: 200])
        #expect(edge.commands.records == 101)
        #expect(try await edge.send(.get, "/v1/account/1").headers[.eTag] == "\"101\"")
    }

    /// A command under way at a shutdown is answered; a later one finds no server.
    @Test func finishesWhatIsUnderWay() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (releases, release) = AsyncStream.makeStream(of: Void.self)
        let commands = InMemoryCommands {
            arrived.finish()
            for await _ in releases {}
        }
        let edge = Edge(commands: commands)
        let request =
            "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"owner\":\"Ada\"}"
        let (answer, port) = try await edge.running { port, group in
            async let answer = RawConnection.exchange(port: port, [request])
            for await _ in arrivals {}
            await group.triggerGracefulShutdown()
            release.finish()
            return (try await answer, port)
        }
        #expect(answer.hasPrefix("HTTP/1.1 201 "))
        #expect(commands.records == 1)
        await #expect(throws: (any Error).self) { try await RawConnection.exchange(port: port, [request]) }
    }

    /// Its connection was idle when the shutdown began: it is not closed while the request is on its way.
    @Test func answersARequestThatMeetsTheShutdown() async throws {
        let touch = "POST /v1/account/1/touch HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        let probe = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        var edge = edge
        edge.configuration.linger = .seconds(60)
        let answer = try await edge.running { port, group in
            try await RawConnection.exchange(port: port, touch, answeredBy: "}", then: touch) {
                await group.triggerGracefulShutdown()
                // Until nobody listens any more: the connections have been told by then.
                while (try? await RawConnection.exchange(port: port, [probe])) != nil { await Task.yield() }
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
        #expect(answer.contains("\r\nConnection: close\r\n"), "\(answer)")
    }

    /// On a connection that is still open after the shutdown has begun.
    @Test func takesNoCommandsAfterAShutdown() async throws {
        let server = try edge.server()
        server.responder.beginDraining()
        let response = try await server.application.test(.router) { client in
            try await client.execute(uri: "/v1/account/1/touch", method: .post)
        }
        try response.expectProblem(503, "unavailable")
        #expect(edge.commands.received.isEmpty)
    }

    @Test func addressInUse() async throws {
        try await edge.running { port, _ in
            var other = edge
            other.configuration.port = port
            await #expect(throws: (any Error).self) { try await other.running { _, _ in } }
        }
    }
}
