import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why a request got no answer, in words.
enum TransportFault {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let cause = error.connectionErrors.first else { return "the host '\(error.host)' has no address" }
            return "no connection, \(text(cause.error))"
        case let error as IOError: return "\(SystemFault(code: error.errnoCode))"
        case is NIOTooManyBytesError: return "the answer is too long"
        case is HTTPParserError: return "the answer is not HTTP"
        case let error as HTTPClientError: return text(error)
        case is ChannelError: return "the connection failed"
        default: return "the connection failed (\(type(of: error)))"
        }
    }

    private static func text(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout: "no connection in time"
        case .deadlineExceeded, .readTimeout: "no answer in time"
        case .remoteConnectionClosed, .uncleanShutdown: "the connection ended before the answer"
        case .tlsHandshakeTimeout: "no TLS handshake in time"
        default: error.shortDescription.prefix(1).lowercased() + error.shortDescription.dropFirst()
        }
    }
}
