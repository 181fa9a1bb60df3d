import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// What the framework leaves open on a connection: it answers a request that is no HTTP with an empty 400, does not act on an answer's own
/// `Connection: close`, and closes an idle connection at once when the server shuts down.
///
/// Here, the first gets a problem document. The second ends the connection's outgoing side after the answer, so that a caller has all of
/// it before the end. The third waits a little: a request may be on its way, and its sender could not tell whether it was lost before or
/// after it took effect (RFC 9112, section 9.6).
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var parserError: HTTPParserError?
    /// To be written before the end of the framework's empty answer.
    private var problem: ByteBuffer?
    private var closesAfterEnd = false
    private let linger: TimeAmount
    private var closing: Scheduled<Void>?

    /// - Parameter linger: how long a connection without a request stays open once the server shuts down.
    init(linger: TimeAmount) { self.linger = linger }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        closing = context.value.eventLoop.scheduleTask(in: linger) {
            context.value.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { closing?.cancel() }

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
