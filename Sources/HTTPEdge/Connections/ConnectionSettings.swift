import NIOCore
import NIOHTTP1

/// What the connections of one server share.
struct ConnectionSettings: Sendable {
    /// How large a head may be, and the request line and each field in it.
    static let headLimits = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 64 << 10
        limits.maxHeaderListSize = 64 << 10
        limits.maxHeaderFieldCount = 200
        return limits
    }()
    /// How many bytes are read at a time. What is read before a body has its share of memory is not counted.
    static let readBytes = 16 << 10
    /// How many bytes are thrown away while a connection is closed, before its client is cut off.
    static let discardedBytes = 16 << 20
    /// A client that reads an answer more slowly than this, in bytes a second, is cut off.
    static let slowestReader: Int64 = 16 << 10

    let configuration: HTTPServerConfiguration
    let table: ConnectionTable
    let memory: BodyMemory
    /// Whether a request is answered even where there is no room for its connection.
    let isProbe: @Sendable (HTTPRequestHead) -> Bool
    /// Told of every answer that the connection gives by itself.
    let onRefusal: @Sendable (HTTPRequestHead?, Problem) -> Void

    func limit(_ wait: ConnectionMachine.Wait) -> TimeAmount {
        switch wait {
        case .request: TimeAmount(configuration.keepAlive)
        case .lastRequest: TimeAmount(configuration.linger)
        case .head, .body: TimeAmount(configuration.requestTimeout)
        case .share: TimeAmount(configuration.bodyPatience)
        case .end: TimeAmount(configuration.endPatience)
        }
    }
}
