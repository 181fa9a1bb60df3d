import NIOCore
import NIOPosix

/// A connection that sends bytes as they are, valid HTTP or not.
struct RawConnection {
    /// Sends `parts`, and reads until the server ends the connection.
    static func exchange(port: Int, _ parts: [String]) async throws -> String {
        try await connect(port).executeThenClose { inbound, outbound in
            for part in parts { try await outbound.write(ByteBuffer(string: part)) }
            var received = ByteBuffer()
            for try await buffer in inbound { received.writeImmutableBuffer(buffer) }
            return String(buffer: received)
        }
    }

    /// Sends `first`, runs `body` once the answer ends with `end`, sends `second`, and reads until the server ends the connection.
    ///
    /// - Returns: the second answer.
    static func exchange(
        port: Int, _ first: String, answeredBy end: String, then second: String, after body: () async throws -> Void
    ) async throws -> String {
        try await connect(port).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: first))
            var received = ""
            var parts = inbound.makeAsyncIterator()
            while !received.hasSuffix(end), let part = try await parts.next() { received += String(buffer: part) }
            try await body()
            try await outbound.write(ByteBuffer(string: second))
            received = ""
            while let part = try await parts.next() { received += String(buffer: part) }
            return received
        }
    }

    private static func connect(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
    }
}
