import NIOCore
import NIOPosix

/// One connection, over which bytes go as they are and answers come back one by one.
final class RawConversation {
    struct Answer: Sendable {
        let status: Int
        /// With its last line's end.
        let head: String
        let body: String

        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").lazy.compactMap { line -> String? in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
                return parts[1].trimmingPrefix(" ").description
            }.first
        }
        /// The problem's slug.
        var problem: String? { body.firstMatch(of: /urn:highwater:problem:([a-z-]+)/).map { String($0.1) } }
    }

    /// The server ended the connection where an answer was awaited.
    struct Ended: Error, CustomStringConvertible {
        let received: String
        var description: String { "the connection ended after \(received.debugDescription)" }
    }

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var received = ByteBuffer()

    /// - Parameter receiveBuffer: bytes that the system takes from the server before they are read; nil: as many as it likes.
    static func run<Value: Sendable>(
        port: Int, receiveBuffer: Int? = nil, _ body: (RawConversation) async throws -> Value
    ) async throws -> Value {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
                .channelOption(.autoRead, value: false)
        }
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel, configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawConversation(outbound: outbound, inbound: inbound.makeAsyncIterator()))
        }
    }

    private init(
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.outbound = outbound
        self.inbound = inbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// In packets of one byte each, as far as the system lets them be.
    func sendByteByByte(_ text: String) async throws {
        for byte in text.utf8 { try await outbound.write(ByteBuffer(bytes: [byte])) }
    }

    /// Sends no more, and goes on receiving.
    func endSending() { outbound.finish() }

    /// The next answer, an interim one included. Its body is as long as its head says.
    func answer() async throws -> Answer {
        let head = try await receive { buffer in
            let text = String(buffer: buffer)
            return text.firstRange(of: "\r\n\r\n").map { text[..<$0.upperBound].utf8.count }
        }
        let status = head.firstMatch(of: /HTTP\/1\.[01] (\d+)/).flatMap { Int($0.1) } ?? 0
        let length = head.firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
        let body = status < 200 ? "" : try await receive { $0.readableBytes >= length ? length : nil }
        return Answer(status: status, head: head, body: body)
    }

    /// What still comes until the server ends its side.
    func rest() async throws -> String {
        while let part = try await inbound.next() { received.writeImmutableBuffer(part) }
        defer { received.clear() }
        return String(buffer: received)
    }

    private func receive(_ length: (ByteBuffer) -> Int?) async throws -> String {
        while true {
            if let length = length(received) { return received.readString(length: length) ?? "" }
            guard let part = try await inbound.next() else { throw Ended(received: String(buffer: received)) }
            received.writeImmutableBuffer(part)
        }
    }
}

/// A request of the account domain, as bytes.
enum RawRequest {
    static func get(_ path: String = "/health/live", _ fields: String..., version: String = "1.1") -> String {
        head("GET", path, fields, version)
    }

    /// - Parameter length: what is announced; nil: how long the body is.
    static func open(
        _ key: String, _ fields: String..., body: String = "{\"owner\":\"Ada\"}", length: Int? = nil, version: String = "1.1"
    ) -> String {
        head(
            "POST", "/v1/account/\(key)/open",
            ["Content-Type: application/json", "Content-Length: \(length ?? body.utf8.count)"] + fields, version) + body
    }

    static func chunked(_ key: String, _ fields: String..., chunks: [String] = ["{\"owner\":", "\"A\\r\\nda\"}"]) -> String {
        let framed = chunks.map { String($0.utf8.count, radix: 16) + "\r\n" + $0 + "\r\n" }.joined() + "0\r\n\r\n"
        return head(
            "POST", "/v1/account/\(key)/open", ["Content-Type: application/json", "Transfer-Encoding: chunked"] + fields, "1.1") + framed
    }

    private static func head(_ method: String, _ path: String, _ fields: [String], _ version: String) -> String {
        "\(method) \(path) HTTP/\(version)\r\nHost: x\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
