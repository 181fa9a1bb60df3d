import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Gives the answers that it was made with, one a request, and the last of them again and again.
final class ScriptedServer: Sendable {
    struct Reply: Sendable {
        enum Ending: Sendable { case whole, cutBody, silence }

        var status = 201
        var headers: HTTPHeaders = [:]
        var body = #"{"replayed":false}"#
        var ending = Ending.whole

        static let committed = Reply()
        /// Closes the connection in place of an answer.
        static let none = Reply(ending: .silence)
    }

    private let replies: [Reply]
    private let asked = Mutex(0)

    private init(_ replies: [Reply]) { self.replies = replies }

    private func next() -> Reply {
        asked.withLock { asked in
            defer { asked += 1 }
            return replies[min(asked, replies.count - 1)]
        }
    }

    /// - Returns: what the work does, and how many requests came.
    static func with<Result>(
        _ replies: [Reply], _ work: (_ url: String) async throws -> Result
    ) async throws -> (result: Result, requests: Int) {
        let server = ScriptedServer(replies)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Replying(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result
        do {
            result = try await work("http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
        return (result, server.asked.withLock { $0 })
    }

    private final class Replying: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: ScriptedServer

        init(_ server: ScriptedServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let reply = server.next()
            guard reply.ending != .silence else { return context.close(promise: nil) }
            var headers = reply.headers
            headers.replaceOrAdd(name: "Content-Length", value: "\(reply.body.utf8.count + (reply.ending == .cutBody ? 10 : 0))")
            let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
            guard reply.ending == .whole else { return context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
