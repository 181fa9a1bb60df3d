import NIOCore
import NIOHTTP1

/// Performs what a ``ConnectionMachine`` says, between NIO's HTTP/1.1 codec and the framework.
///
/// Gives the framework one request at a time, its body when the responder wants it. Answers by itself what is no request, or cannot be served
/// whatever it asks for. After the last answer it closes the outgoing side and throws away for a while what still comes, so that the answer is
/// not lost to a reset (RFC 9112, section 9.6).
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Tells a responder that waits for a body that the request has been answered.
    struct Abandoned: Error {
        let problem: Problem
    }

    var machine: ConnectionMachine
    let settings: ConnectionSettings
    let entry: ConnectionTable.Entry
    let framing: RequestFraming
    /// The head of the request that is being answered.
    var head: HTTPRequestHead?
    /// Requests that came before the answer to the one before them had ended, and what stands behind them.
    var queue = CircularBuffer<HTTPServerRequestPart>()
    var queuedFault: (any Error)?
    var hasInputEnded = false
    /// The responder that waits to be given the body.
    var wanting: EventLoopPromise<Void>?
    var share: Int?
    /// Whether a part has come since the last read was complete.
    var hasParts = false
    var isReadHeld = false
    /// Of the body that is being read.
    var waiting = WaitingTime()
    var discardedReads = 0
    /// Answers of which some bytes have not been sent.
    var unsentAnswers = 0
    /// Whether that is because the client does not read.
    var isStalled = false
    var isOutputClosed = false
    let timer: ConnectionTimer
    /// The machine's turn when ``update(_:)`` was called last.
    var turn = -1

    init(settings: ConnectionSettings, entry: ConnectionTable.Entry, framing: RequestFraming) {
        self.settings = settings
        self.entry = entry
        self.framing = framing
        machine = ConnectionMachine(maximumBodyBytes: settings.configuration.maximumBodyBytes)
        timer = ConnectionTimer(settings)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        entry.onEviction { [eventLoop = context.eventLoop] in
            eventLoop.execute { bound.value.handler.evict(bound.value.context) }
        }
        timer.begin { bound.value.handler.timeOut($0, bound.value.context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        update(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    private func finish() {
        timer.cancel()
        entry.onEviction {}
        queue.removeAll()
        giveBackShare(share)
        wanting?.fail(ChannelError.ioOnClosedChannel)
        wanting = nil
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        hasParts = true
        if machine.isUnfinished { waiting.end(.now()) }
        let isNow = queue.isEmpty && machine.takesParts
        switch part {
        case .head(let head):
            let traits = RequestTraits(head)
            framing.begin(traits)
            if isNow { return begin(context, head, traits) }
        case .body(let bytes): framing.received(bytes.readableBytes)
        case .end: framing.end()
        }
        if isNow {
            deliver(context, part)
        } else if !machine.isClosing {
            queue.append(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if machine.isClosing {
            discardedReads += 1
            if discardedReads > ConnectionSettings.discardedBytes / ConnectionSettings.readBytes { return context.close(promise: nil) }
            context.read()
        } else if !hasParts {
            machine.receivePartOfHead()
            update(context)
        }
        hasParts = false
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if machine.mayRead { readNow(context) } else { isReadHeld = true }
    }

    func readNow(_ context: ChannelHandlerContext) {
        if machine.isUnfinished { waiting.begin(.now()) }
        context.read()
    }

    private func begin(_ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ traits: RequestTraits) {
        var traits = traits
        self.head = head
        if let refusal = traits.refusal {
            refuse(context, refusal)
        } else {
            if !settings.table.serves(entry) {
                guard settings.isProbe(head) else { return refuse(context, .noRoom) }
                traits.end()
            }
            machine.begin(traits)
            context.fireChannelRead(wrapInboundOut(.head(head)))
            update(context)
        }
    }

    private func deliver(_ context: ChannelHandlerContext, _ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): return begin(context, head, RequestTraits(head))
        case .body(let bytes): machine.receiveBody(bytes.readableBytes)
        case .end: machine.endRequest()
        }
        context.fireChannelRead(wrapInboundOut(part))
        if case .end = part { update(context) }
    }

    /// Goes on with what came while a request was being answered.
    func advance(_ context: ChannelHandlerContext) {
        var hasDelivered = false
        while machine.takesParts, !queue.isEmpty {
            deliver(context, queue.removeFirst())
            hasDelivered = true
        }
        if hasDelivered { context.fireChannelReadComplete() }
        guard queue.isEmpty, machine.takesParts else { return update(context) }
        if let fault = queuedFault {
            queuedFault = nil
            refuse(context, Problem(requestFault: fault))
        } else if isOver {
            context.close(promise: nil)
        } else {
            update(context)
        }
    }

    /// Whether the client sends no more, and has been sent all its answers.
    var isOver: Bool { hasInputEnded && queue.isEmpty && machine.isBetweenRequests && unsentAnswers == 0 }

    // MARK: Bodies

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyGate.Wanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        guard let bytes = machine.want() else {
            promise?.fail(ChannelError.inputClosed)
            return
        }
        wanting = promise
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let asked = settings.memory.ask(bytes) { [eventLoop = context.eventLoop] in
            eventLoop.execute { bound.value.handler.grant(bound.value.context) }
        }
        share = asked.share
        if asked.isTaken { grant(context) } else { update(context) }
    }

    private func grant(_ context: ChannelHandlerContext) {
        // It may have waited in vain meanwhile.
        guard let wanting else { return }
        self.wanting = nil
        if machine.grant() { context.writeAndFlush(wrapOutboundOut(.head(.goOn)), promise: nil) }
        wanting.succeed()
        waiting = WaitingTime()
        update(context)
    }

    func giveBackShare(_ number: Int?) {
        guard let number else { return }
        if share == number { share = nil }
        settings.memory.giveBack(number)
    }

    // MARK: Events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // A client that has half-closed is still answered.
            hasInputEnded = true
            if isOver || isOutputClosed { context.close(promise: nil) }
        case is ChannelShouldQuiesceEvent:
            machine.drain()
            update(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is HTTPParserError, is RequestDecoder.TargetTooLong:
            if queue.isEmpty, machine.takesParts {
                refuse(context, Problem(requestFault: error))
            } else if !machine.isClosing, queuedFault == nil {
                queuedFault = error
            }
        // Bytes behind what could not be decoded.
        case is ByteToMessageDecoderError: break
        default: context.fireErrorCaught(error)
        }
    }

    private func evict(_ context: ChannelHandlerContext) {
        if machine.isExpendable, unsentAnswers == 0 { context.close(promise: nil) } else { settings.table.keep(entry) }
    }
}

extension HTTPResponseHead {
    fileprivate static let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
}
