import Testing

@testable import HTTPEdge

/// An offer of another protocol is ignored (RFC 9110, section 7.8): the request is answered, and so are those behind it.
@Suite(.timeLimit(.minutes(1))) struct UpgradeTests {
    static let offers: [[String]] = [
        ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA"],
        ["Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==", "Sec-WebSocket-Version: 13"],
        ["Upgrade: gopher/2, h2c", "Connection:UPGRADE"],
        ["connection: TE", "connection:\tupgrade ", "upgrade: x"],
        ["Upgrade: h2c"],
    ]

    private func request(_ offer: [String], chunked: Bool, key: String) -> String {
        let request = chunked ? RawRequest.chunked(key) : RawRequest.open(key)
        let end = request.firstRange(of: "\r\n")!.upperBound
        return String(request[..<end]) + offer.map { $0 + "\r\n" }.joined() + request[end...]
    }

    @Test(arguments: offers) func theNextRequestIsAnswered(_ offer: [String]) async throws {
        let edge = Edge()
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send(
                    RawRequest.get().replacing("Host: x\r\n", with: "Host: x\r\n" + offer.joined(separator: "\r\n") + "\r\n"))
                #expect(try await connection.answer().status == 200)
                for (index, chunked) in [false, true, false].enumerated() {
                    try await connection.send(request(offer, chunked: chunked, key: "\(index)"))
                    #expect(try await connection.answer().status == 201)
                }
                try await connection.send(RawRequest.get("/health/live", "Connection: close"))
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.rest() == "")
            }
        }
        #expect(edge.commands.records == 3)
    }

    @Test(arguments: offers, [false, true]) func pipelined(_ offer: [String], byteByByte: Bool) async throws {
        let edge = Edge()
        let all =
            request(offer, chunked: false, key: "1") + RawRequest.get() + request(offer, chunked: true, key: "2")
            + request(offer, chunked: true, key: "3") + RawRequest.open("4") + RawRequest.get("/nothing", "Connection: close")
        try await edge.running { port, _ in
            try await RawConversation.run(port: port) { connection in
                if byteByByte { try await connection.sendByteByByte(all) } else { try await connection.send(all) }
                for status in [201, 200, 201, 201, 201, 404] { #expect(try await connection.answer().status == status) }
                #expect(try await connection.rest() == "")
            }
        }
        #expect(edge.commands.records == 4)
    }

    /// A tunnel is not given, and what comes behind its request is no request.
    @Test func noTunnel() async throws {
        try await Edge().running { port, _ in
            try await RawConversation.run(port: port) { connection in
                try await connection.send("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n" + RawRequest.get())
                let answer = try await connection.answer()
                #expect(answer.status == 404)
                #expect(answer.header("Connection") == "close")
                #expect(try await connection.rest() == "")
            }
        }
    }
}
