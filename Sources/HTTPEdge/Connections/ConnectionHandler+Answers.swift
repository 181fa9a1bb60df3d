import HTTPTypes
import NIOCore
import NIOHTTP1

extension ConnectionHandler {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // To a request that has been answered here. A failure would have the framework close the connection before that has been read.
        guard machine.takesAnswer else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            let hasLength = head.headers.contains(name: "content-length") || !head.status.mayHaveResponseBody
            let closes = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
            if !hasLength, machine.needsLength { head.version = .http1_0 }  // for which the encoder makes no chunks
            switch machine.beginAnswer(closes: closes, hasLength: hasLength) {
            case .close: head.headers.replaceOrAdd(name: "Connection", value: "close")
            case .keepAlive: head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
            case .nothing: break
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let after = machine.endAnswer()
            context.write(data, promise: whenSent(context, promise, closes: after == .close))
            head = nil
            advance(context)
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        guard unsentAnswers > 0 else { return }
        isStalled = true
        update(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        update(context)
        context.fireChannelWritabilityChanged()
    }

    /// The framework has no more to say. The connection's end follows from its last answer.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output || (mode == .all && machine.isClosing) else { return context.close(mode: mode, promise: promise) }
        if !machine.isClosing, machine.refuse() != nil, unsentAnswers == 0 { closeOutput(context) }
        promise?.succeed()
    }

    /// Answers by itself, and closes.
    func refuse(_ context: ChannelHandlerContext, _ problem: Problem) {
        let isAwaited = machine.isUnfinished && machine.takesAnswer
        let mayAnswer = machine.refuse()
        queue.removeAll()
        if isAwaited { context.fireErrorCaught(Abandoned(problem: problem)) }
        wanting?.fail(Abandoned(problem: problem))
        wanting = nil
        if mayAnswer == true {
            let instance = head.map { RequestTarget($0.uri).path }
            let body = problem.body(instance: instance)
            var answer = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: problem.kind.status.code))
            answer.headers.add(name: "Content-Type", value: "application/problem+json")
            answer.headers.add(name: "Content-Length", value: String(body.readableBytes))
            for field in problem.headers { answer.headers.add(name: field.name.rawName, value: field.value) }
            answer.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(wrapOutboundOut(.head(answer)), promise: nil)
            if head?.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: whenSent(context, nil, closes: true))
            if !isAwaited { settings.onRefusal(head, problem) }
        } else if mayAnswer == false, unsentAnswers == 0 {
            closeOutput(context)
        }
        head = nil
        update(context)
    }

    /// - Returns: a promise for an answer's end. Until it has been sent, the request's memory is in use.
    private func whenSent(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?, closes: Bool) -> EventLoopPromise<Void> {
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        let share = share
        self.share = nil
        unsentAnswers += 1
        sent.futureResult.assumeIsolated().whenComplete { result in
            self.unsentAnswers -= 1
            if self.unsentAnswers == 0 { self.isStalled = false }
            self.giveBackShare(share)
            switch result {
            case .failure: context.close(promise: nil)
            case .success where closes: self.closeOutput(context)
            case .success where self.isOver: context.close(promise: nil)
            case .success: self.update(context)
            }
        }
        return sent
    }

    private func closeOutput(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, !isOutputClosed else { return }
        isOutputClosed = true
        if hasInputEnded { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        // The framework does not read any more.
        context.read()
        update(context)
    }

    /// After anything that may change what the connection waits for.
    func update(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        if machine.turn != turn {
            turn = machine.turn
            if machine.isExpendable { entry.beIdle(.now()) } else { entry.beBusy() }
        }
        timer.set(for: machine, isStalled: isStalled || !context.channel.isWritable, on: context.channel)
        if isReadHeld, machine.mayRead {
            isReadHeld = false
            readNow(context)
        }
    }

    func timeOut(_ reason: ConnectionTimer.Reason, _ context: ChannelHandlerContext) {
        switch reason {
        case .reader, .machine(.request), .machine(.lastRequest), .machine(.end): context.close(promise: nil)
        case .machine(.head): refuse(context, .headTimeout(settings.configuration.requestTimeout))
        case .machine(.body):
            // A server that is too busy to read must not blame the client.
            let left = settings.limit(.body) - waiting.total(.now())
            if left > .zero { return timer.postpone(by: left, reason, machine, on: context.channel) }
            refuse(context, .bodyTimeout(settings.configuration.requestTimeout))
        case .machine(.share):
            giveBackShare(share)
            wanting?.fail(BodyGate.Closed())
            wanting = nil
        }
    }
}
