import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// What the framework leaves open on a connection: it answers a request that is no HTTP with an empty 400, and does not act on an answer's
/// own `Connection: close`.
///
/// Here, the former gets a problem document; the latter ends the connection's outgoing side after the answer, so that a caller has all of
/// it before the end.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var parserError: HTTPParserError?
    /// To be written before the end of the framework's empty answer.
    private var problem: ByteBuffer?
    private var closesAfterEnd = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError { parserError = error }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if let parserError, head.status == .badRequest, head.headerFields[.contentType] == nil {
                let detail =
                    parserError == .headerOverflow
                    ? "the header fields are too large" : "the request is not valid HTTP/1.1: \(parserError)"
                let body = Problem.malformed(nil, detail).body(instance: nil)
                head.headerFields[.contentType] = "application/problem+json"
                head.headerFields[.contentLength] = String(body.readableBytes)
                problem = body
            }
            closesAfterEnd = head.headerFields[.connection] == "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            if let problem {
                context.write(wrapOutboundOut(.body(problem)), promise: nil)
                self.problem = nil
            }
            guard closesAfterEnd else { return context.write(data, promise: promise) }
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            written.futureResult.whenComplete { _ in context.value.close(mode: .output, promise: nil) }
            context.value.writeAndFlush(data, promise: written)
        }
    }
}
