import HTTPTypes
import NIOHTTP1

/// What a connection answers by itself.
extension Problem {
    /// The problem of bytes that are no request.
    init(requestFault fault: any Error) {
        switch fault {
        case is RequestDecoder.TargetTooLong:
            self.init(.targetTooLong, "the request line may have \(ConnectionSettings.headLimits.maxHeaderFieldSize) bytes")
        case HTTPParserError.headerOverflow:
            let limits = ConnectionSettings.headLimits
            self.init(
                .headersTooLarge,
                "the header fields may be \(limits.maxHeaderFieldCount) and have \(limits.maxHeaderListSize) bytes together")
        default: self = .malformed(nil, "the request is not valid HTTP/1.1: \(fault)")
        }
    }

    static let noRoom = Problem(
        .unavailable, "this instance has as many connections as it may have; send the request again later, or to another",
        headers: [.retryAfter: "1"])

    static func headTimeout(_ limit: Duration) -> Problem {
        Problem(.requestTimeout, "the request's head did not come within \(limit); nothing happened, send it again")
    }

    static func bodyTimeout(_ limit: Duration) -> Problem {
        Problem(.requestTimeout, "the request's body did not come within \(limit); nothing happened, send it again")
    }

    static let noBodyMemory = Problem(
        .overloaded, "the bodies of other requests take all memory that there is for them; nothing happened, send it again later",
        headers: [.retryAfter: "1", .connection: "close"])
}
