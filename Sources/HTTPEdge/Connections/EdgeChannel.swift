import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The pipeline of one HTTP/1.1 connection.
///
/// The framework's own would do, but for what it makes of HTTP/1.1 in between: see ``ConnectionHandler``, ``RequestDecoder``.
struct EdgeChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: Responder
    let settings: ConnectionSettings

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard let entry = settings.table.admit() else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        channel.closeFuture.whenComplete { [table = settings.table] _ in table.remove(entry) }
        return channel.eventLoop.makeCompletedFuture {
            let framing = RequestFraming(maximumLineBytes: ConnectionSettings.headLimits.maxHeaderFieldSize)
            try channel.syncOptions?.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: ConnectionSettings.readBytes))
            // So that no more is read than was asked for.
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([
                HTTPResponseEncoder(),
                ByteToMessageHandler(RequestDecoder(framing: framing, limits: ConnectionSettings.headLimits)),
                ConnectionHandler(settings: settings, entry: entry, framing: framing),
                HTTP1ToHTTPServerCodec(secure: false),
            ])
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await BodyGate.$current.withValue(BodyGate(channel: value.channel)) {
            await handleHTTP(asyncChannel: value, logger: logger)
        }
    }
}
