/// One HTTP/1.1 connection: which request it is at, whether bytes are read, how it goes on after an answer, and what it waits for.
///
/// Does no I/O and knows no time. Its requests come one after another: the next one begins when the last one's answer and body have ended.
struct ConnectionMachine {
    private enum Phase: Equatable {
        /// Between requests.
        case idle
        /// A part of a head has come.
        case head
        /// A request's answer has not ended.
        case request
        /// The answer has ended before the request's body, of which little is left.
        case leftover
        /// The last answer has ended, or there is none: what still comes is thrown away.
        case closing
    }

    private enum Demand: Equatable {
        case none
        /// The responder wants the body, which waits for its share of memory.
        case waiting
        case granted
    }

    private struct Exchange {
        var traits: RequestTraits
        var received = 0
        var hasEnded = false
        var demand = Demand.none
        var hasAnswerBegun = false
        var closes: Bool
    }

    /// What a connection waits for, for a time that its handler knows.
    enum Wait: Equatable {
        /// The next request; the second, once the server shuts down.
        case request, lastRequest
        case head, share, body
        /// The other side's end.
        case end
    }

    enum AnswerHead: Equatable {
        /// `Connection: close`.
        case close
        /// `Connection: keep-alive`, which a client of HTTP/1.0 needs to be told.
        case keepAlive
        case nothing
    }

    enum AfterAnswer: Equatable {
        /// Another request may come.
        case next
        /// Another request may come once the rest of the body has.
        case leftover
        case close
    }

    /// So many bytes of a body that nobody wants are read over to keep the connection.
    private let worthReading: Int
    private let maximumBodyBytes: Int
    private var phase = Phase.idle
    private var exchange: Exchange?
    private var isDraining = false
    /// Advances with what is waited for.
    private(set) var turn = 0

    init(maximumBodyBytes: Int, worthReading: Int = 64 << 10) {
        self.maximumBodyBytes = maximumBodyBytes
        self.worthReading = worthReading
    }

    // MARK: Looking

    var isClosing: Bool { phase == .closing }
    /// Whether the connection can be closed without taking a request's answer away.
    var isExpendable: Bool { phase == .idle || phase == .head || phase == .closing }
    var isBetweenRequests: Bool { phase == .idle || phase == .head }
    /// Whether a part of a request belongs to now, and not behind an answer.
    var takesParts: Bool { phase != .closing && !(phase == .request && exchange?.hasEnded == true) }
    var takesAnswer: Bool { phase == .request }
    /// Whether a part of a request's body is still to come.
    var isUnfinished: Bool { (phase == .request || phase == .leftover) && exchange?.hasEnded == false }

    /// A body stays unread until its request's responder wants it, and a next request until the answer has ended.
    var mayRead: Bool { phase != .request || (exchange?.hasEnded == false && exchange?.demand == .granted) }

    var wait: Wait? {
        switch phase {
        case .idle: isDraining ? .lastRequest : .request
        case .head: .head
        case .leftover: .body
        case .closing: .end
        case .request:
            switch exchange?.demand {
            case .waiting: .share
            case .granted where exchange?.hasEnded == false: .body
            default: nil
            }
        }
    }

    // MARK: Requests

    /// Bytes came between requests, and no part.
    mutating func receivePartOfHead() {
        guard phase == .idle else { return }
        enter(.head)
    }

    mutating func begin(_ traits: RequestTraits) {
        exchange = Exchange(traits: traits, closes: !traits.keepsAlive)
        enter(.request)
    }

    mutating func receiveBody(_ bytes: Int) { exchange?.received += bytes }

    mutating func endRequest() {
        exchange?.hasEnded = true
        if phase == .leftover { enter(.idle) } else { turn += 1 }
    }

    /// The responder wants the body.
    ///
    /// - Returns: how much memory it needs; nil where the request is over.
    mutating func want() -> Int? {
        guard phase == .request, let exchange, exchange.demand == .none else { return nil }
        self.exchange?.demand = .waiting
        turn += 1
        if exchange.hasEnded { return min(exchange.received, maximumBodyBytes) }
        switch exchange.traits.body {
        case .none: return 0
        case .announced(let length): return min(length, maximumBodyBytes)
        case .chunked: return maximumBodyBytes
        }
    }

    /// There is memory for the body.
    ///
    /// - Returns: whether its sender waits to be told so (`100 Continue`).
    mutating func grant() -> Bool {
        guard let exchange else { return false }
        self.exchange?.demand = .granted
        turn += 1
        return exchange.traits.expectsContinue && !exchange.hasEnded && exchange.received == 0
    }

    // MARK: Answers

    /// - Parameters:
    ///   - closes: whether the answer itself says that it is the last.
    ///   - hasLength: whether a client of HTTP/1.0 can tell where it ends.
    mutating func beginAnswer(closes: Bool, hasLength: Bool) -> AnswerHead {
        guard var exchange else { return .close }
        exchange.hasAnswerBegun = true
        exchange.closes =
            exchange.closes || closes || isDraining || (!hasLength && needsLength) || !(exchange.hasEnded || isWorthReading(exchange))
        self.exchange = exchange
        if exchange.closes { return .close }
        return exchange.traits.isOld ? .keepAlive : .nothing
    }

    /// Whether the answer's end cannot be told by chunks.
    var needsLength: Bool { exchange.map { $0.traits.isOld || $0.traits.isHead } ?? false }

    mutating func endAnswer() -> AfterAnswer {
        guard let exchange, phase == .request else { return .close }
        if exchange.closes {
            enter(.closing)
            return .close
        }
        enter(exchange.hasEnded ? .idle : .leftover)
        return exchange.hasEnded ? .next : .leftover
    }

    private func isWorthReading(_ exchange: Exchange) -> Bool {
        guard case .announced(let length) = exchange.traits.body else { return false }
        // A sender that was not told to go on may send the body or not.
        let isAwaited = exchange.traits.expectsContinue && exchange.demand != .granted
        return !isAwaited && length - exchange.received <= worthReading
    }

    // MARK: Endings

    /// From now on every answer is its connection's last.
    mutating func drain() {
        isDraining = true
        turn += 1
    }

    /// Takes no more requests, and no answer from the responder.
    ///
    /// - Returns: whether the connection may still be given an answer; nil where one is under way, after which it closes.
    mutating func refuse() -> Bool? {
        if phase == .request, exchange?.hasAnswerBegun == true {
            exchange?.closes = true
            exchange?.hasEnded = true
            return nil
        }
        let mayAnswer = phase != .closing && phase != .leftover
        enter(.closing)
        return mayAnswer
    }

    private mutating func enter(_ phase: Phase) {
        self.phase = phase
        turn += 1
        if phase != .request, phase != .leftover { exchange = nil }
    }
}
