import AsyncHTTPClient
import NIOCore
import Synchronization

/// Tells of a client's last request whether the connection that it went by had answered anything before.
///
/// For a client that sends one request at a time.
final class ConnectionWatch: Sendable {
    private let hasAnswered = Mutex(false)

    /// Whether nothing has come by the connection that was written to last.
    var isLastUnanswered: Bool { hasAnswered.withLock { !$0 } }

    func watch(_ configuration: inout HTTPClient.Configuration) {
        configuration.http1_1ConnectionDebugInitializer = { [self] channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(self), position: .first) }
        }
    }

    /// Before a request: one that never gets to a connection has been answered nothing.
    func begin() { hasAnswered.withLock { $0 = false } }

    private final class Handler: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer

        private let connection: ConnectionWatch
        private var hasAnswered = false

        init(_ connection: ConnectionWatch) { self.connection = connection }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            connection.hasAnswered.withLock { $0 = hasAnswered }
            context.write(data, promise: promise)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            hasAnswered = true
            context.fireChannelRead(data)
        }
    }
}
