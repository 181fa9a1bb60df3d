import NIOCore
import NIOPosix

/// A connection that sends bytes as they are, valid HTTP or not.
struct RawConnection {
    /// Sends `parts`, and reads until the server ends the connection.
    static func exchange(port: Int, _ parts: [String]) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            for part in parts { try await outbound.write(ByteBuffer(string: part)) }
            var received = ByteBuffer()
            for try await buffer in inbound { received.writeImmutableBuffer(buffer) }
            return String(buffer: received)
        }
    }
}
