import NIOHTTP1

/// What a request's head says about the connection: where the request ends, and what its sender expects (RFC 9112, RFC 9110).
struct RequestTraits {
    enum Body: Equatable {
        case none
        /// `Content-Length`.
        case announced(Int)
        /// Its own end tells.
        case chunked
    }

    private(set) var body = Body.none
    private(set) var keepsAlive: Bool
    /// HTTP/1.0, which knows neither chunks nor interim answers.
    let isOld: Bool
    let isHead: Bool
    /// Asks for a tunnel, which is never given: what follows the request is no HTTP.
    let isTunnel: Bool
    private(set) var offersUpgrade = false
    private(set) var expectsContinue = false
    /// Why the request cannot be served, whatever it asks for.
    private(set) var refusal: Problem?

    init(_ head: HTTPRequestHead) {
        isOld = head.version.major == 1 && head.version.minor == 0
        isHead = head.method == .HEAD
        isTunnel = head.method == .CONNECT
        keepsAlive = !isOld && !isTunnel
        var hosts = 0
        var options: [Substring] = []
        for (name, text) in head.headers {
            let value = Self.trimmed(text[...])
            switch name.utf8.count {
            case 4 where name.isSpelled("host"):
                hosts += 1
                if !Self.isHost(value) { refuse("Host", "Host must be a host's name or address, and a port where need be") }
            case 6 where name.isSpelled("expect"): expect(value)
            case 7 where name.isSpelled("upgrade"): offersUpgrade = true
            case 10 where name.isSpelled("connection"): options += Self.elements(value)
            case 14 where name.isSpelled("content-length"):
                // Where chunks are announced too, the decoder refuses the request.
                if body == .none, let length = Int(value), length > 0 { body = .announced(length) }
            case 17 where name.isSpelled("transfer-encoding"):
                if isOld || body == .chunked || !value.isSpelled("chunked") {
                    refuse("Transfer-Encoding", "the only transfer coding is chunked, once, and not in HTTP/1.0")
                }
                body = .chunked
            default: break
            }
        }
        if hosts > 1 || (hosts == 0 && !isOld) { refuse("Host", "a request of HTTP/1.1 has one Host field") }
        if options.contains(where: { $0.isSpelled("close") }) {
            keepsAlive = false
        } else if isOld, options.contains(where: { $0.isSpelled("keep-alive") }) {
            keepsAlive = true
        }
        // A body without chunks' framing would be read as the next request.
        if refusal != nil { keepsAlive = false }
    }

    /// Marks the request as the last of its connection.
    mutating func end() { keepsAlive = false }

    private mutating func refuse(_ field: String, _ detail: String) {
        if refusal == nil { refusal = .malformed(field, detail) }
    }

    private mutating func expect(_ value: Substring) {
        for element in Self.elements(value) {
            if element.isSpelled("100-continue") {
                // RFC 9110, section 10.1.1: a client of HTTP/1.0 does not know the interim answer.
                expectsContinue = !isOld
            } else if refusal == nil {
                refusal = Problem(.expectationFailed, "the only expectation that is met is 100-continue")
            }
        }
    }

    private static func elements(_ list: Substring) -> [Substring] { list.split(separator: ",").map(trimmed) }

    private static func trimmed(_ text: Substring) -> Substring {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        let start = text.drop(while: isSpace)
        return start.lastIndex { !isSpace($0) }.map { start[...$0] } ?? start
    }

    /// Leaves the exact grammar to those that route by the name; refuses what could be taken for another part of a URL.
    private static func isHost(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: ","): false
            default: byte > 0x20 && byte != 0x7F
            }
        }
    }
}

extension StringProtocol {
    /// - Parameter lowercased: ASCII without capitals.
    fileprivate func isSpelled(_ lowercased: String) -> Bool {
        utf8.count == lowercased.utf8.count
            && zip(utf8, lowercased.utf8).allSatisfy { byte, expected in
                byte == expected || ((0x41...0x5A).contains(byte) && byte | 0x20 == expected)
            }
    }
}
