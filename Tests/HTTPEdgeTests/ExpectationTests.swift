import Testing

@testable import HTTPEdge

/// `Expect: 100-continue` (RFC 9110, section 10.1.1).
@Suite(.timeLimit(.minutes(1))) struct ExpectationTests {
    private let body = "{\"owner\":\"Ada\"}"

    @Test func aBodyThatIsWantedIsAskedFor() async throws {
        let edge = Edge()
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                for key in ["1", "2"] {
                    try await connection.send(RawRequest.open(key, "Expect: 100-Continue", body: "", length: body.utf8.count))
                    let interim = try await connection.answer()
                    #expect(interim.status == 100)
                    #expect(interim.head == "HTTP/1.1 100 Continue\r\n\r\n")
                    try await connection.send(body)
                    #expect(try await connection.answer().status == 201)
                }
                try await connection.send(RawRequest.get("/health/live", "Expect: 100-continue", "Connection: close"))
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.rest() == "")
            }
        }
        #expect(edge.commands.records == 2)
    }

    /// A client that does not wait, and one of HTTP/1.0, which does not know the interim answer.
    @Test func aBodyThatHasComeIsNotAskedFor() async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1", "Expect: 100-continue"))
                #expect(try await connection.answer().status == 201)
                try await connection.send(
                    RawRequest.open("2", "Expect: 100-continue", body: "", length: body.utf8.count, version: "1.0"))
                try await connection.send(body)
                #expect(try await connection.answer().status == 201)
            }
        }
    }

    @Test(arguments: [
        (RawRequest.open("1", "Expect: 100-continue", body: "", length: 2_000_000), 413),
        (RawRequest.open("1", body: "", length: 2_000_000), 413),
        (RawRequest.open("@", "Expect: 100-continue", body: "", length: 15), 400),
        (RawRequest.open("1", "Expect: 100-continue", "If-Match: x", body: "", length: 15), 400),
        ("POST /nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n", 404),
        ("PUT /v1/account/1/open HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n", 405),
        (
            "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\r\n",
            415
        ),
        (RawRequest.open("1", "Expect: 200-ok", body: "", length: 15), 417),
        (RawRequest.open("1", "Expect: 100-continue, other", body: "", length: 15), 417),
    ])
    func aBodyThatIsNotWantedIsRefusedAtOnce(_ request: String, _ status: Int) async throws {
        let edge = Edge()
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(request)
                let answer = try await connection.answer()
                #expect(answer.status == status)
                #expect(answer.header("Connection") == "close")
                #expect(answer.header("Content-Type") == "application/problem+json")
                #expect(try await connection.rest() == "")
            }
        }
        #expect(edge.commands.received.isEmpty)
    }

    @Test func aSenderThatIsNotAdmittedIsNotAskedForItsBody() async throws {
        var edge = Edge()
        edge.services.admit = { _ in .unauthenticated(challenge: "Bearer") }
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1", "Expect: 100-continue", body: "", length: 15))
                #expect(try await connection.answer().status == 401)
                #expect(try await connection.rest() == "")
            }
        }
    }
}
