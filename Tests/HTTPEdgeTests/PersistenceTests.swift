import Testing

@testable import HTTPEdge

/// When a connection ends, and when it goes on (RFC 9112, section 9).
@Suite(.timeLimit(.minutes(1))) struct PersistenceTests {
    @Test(arguments: [
        ["Connection: Close"], ["Connection: close, TE", "TE: trailers"], ["Connection: keep-alive, CLOSE"],
        ["Connection: TE", "Connection: cLose"],
        ["Connection: foo ,\tclose"],
    ])
    func aRequestThatIsTheLast(_ fields: [String]) async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(
                    RawRequest.get().replacing("Host: x\r\n", with: "Host: x\r\n" + fields.joined(separator: "\r\n") + "\r\n")
                        + RawRequest.open("1"))
                let answer = try await connection.answer()
                #expect(answer.status == 200)
                #expect(answer.header("Connection") == "close")
                #expect(try await connection.rest() == "")
            }
        }
    }

    @Test(arguments: ["Connection: closed", "Connection: keep-alive", "Connection: not-close, enclosed"])
    func aRequestThatIsNot(_ field: String) async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                for _ in 0..<3 {
                    try await connection.send(RawRequest.get("/health/live", field))
                    let answer = try await connection.answer()
                    #expect(answer.status == 200)
                    #expect(answer.header("Connection") == nil)
                }
            }
        }
    }

    @Test func oldClients() async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send("GET /health/live HTTP/1.0\r\n\r\n")
                #expect(try await connection.answer().header("Connection") == "close")
                #expect(try await connection.rest() == "")
            }
            try await RawConversation.run(port: port) { connection in
                for _ in 0..<2 {
                    try await connection.send("GET /health/live HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                    #expect(try await connection.answer().header("Connection") == "keep-alive")
                }
                try await connection.send("GET /health/live HTTP/1.0\r\n\r\n")
                #expect(try await connection.answer().header("Connection") == "close")
                #expect(try await connection.rest() == "")
            }
        }
    }

    @Test func aHalfClosedClientIsAnswered() async throws {
        let edge = Edge()
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1") + RawRequest.get() + RawRequest.open("2"))
                connection.endSending()
                for status in [201, 200, 201] { #expect(try await connection.answer().status == status) }
                #expect(try await connection.rest() == "")
            }
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("3", length: 100))
                connection.endSending()
                #expect(try await connection.answer().status == 400)
                #expect(try await connection.rest() == "")
            }
        }
        #expect(edge.commands.records == 2)
    }

    /// The client's end comes while its command is under way, and the answer is too long for one piece.
    @Test func aHalfClosedClientIsAnsweredToTheEnd() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (releases, release) = AsyncStream.makeStream(of: Void.self)
        let edge = Edge(
            commands: InMemoryCommands {
                arrived.yield()
                for await _ in releases {}
            })
        let owner = String(repeating: "x", count: 900_000)
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(RawRequest.open("1", body: "{\"owner\":\"\(owner)\"}"))
                connection.endSending()
                _ = await arrivals.first { _ in true }
                release.finish()
                let answer = try await connection.answer()
                #expect(answer.status == 201)
                #expect(answer.body.contains(owner))
                let rest = try await connection.rest()
                #expect(rest == "")
            }
        }
    }

    /// Little of a body that nobody wants is read over; with much the connection ends.
    @Test func bodiesThatNobodyWants() async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                for size in [0, 10, 60_000] {
                    try await connection.send(
                        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n" + String(repeating: "x", count: size))
                    let answer = try await connection.answer()
                    #expect(answer.status == 404)
                    #expect(answer.header("Connection") == nil)
                }
                try await connection.send(
                    "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + String(repeating: "x", count: 4_000_000))
                let answer = try await connection.answer()
                #expect(answer.status == 404)
                #expect(answer.header("Connection") == "close")
                #expect(try await connection.rest() == "")
            }
        }
    }

    @Test func aFaultInABodyThatGoesOn() async throws {
        try await Edge().running { port, _ in
            for _ in 0..<20 {
                try await RawConversation.run(port: port) { connection in
                    try await connection.send(
                        "POST /v1/account/1/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n" + String(repeating: " ", count: 3_000_000))
                    let answer = try await connection.answer()
                    #expect(answer.status == 400)
                    #expect(try await connection.rest() == "")
                }
            }
        }
    }

    /// An answer is not lost to the bytes that its client still sends.
    @Test func aBodyOverTheLimitThatIsSentAllTheSame() async throws {
        try await Edge().running { port, _ in
            for _ in 0..<20 {
                try await RawConversation.run(port: port) { connection in
                    try await connection.send(RawRequest.open("1", body: String(repeating: " ", count: 3_000_000)))
                    let answer = try await connection.answer()
                    #expect(answer.status == 413)
                    #expect(answer.problem == "too-large")
                    #expect(answer.header("Connection") == "close")
                    #expect(try await connection.rest() == "")
                }
            }
        }
    }
}
