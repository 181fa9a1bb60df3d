import AsyncHTTPClient
import EventModel
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import WriteModel

/// Sends requests to other instances, over connections that are kept.
final class ForwardingClient: Sendable {
    enum Result: Sendable {
        case answered(Response)
        /// The other instance does not own the partition either; nothing happened. A stranger is another than the request was meant for.
        case misdirected(byStranger: Bool)
        /// The other instance did not get the request; nothing happened.
        case unreached(String)
        /// The other instance may have got the request; it is not known what became of it.
        case lost(String)
    }

    /// Answers longer than this are passed on as they come, and are only kept whole where they tell a command's outcome.
    private static let maximumOutcomeBytes = 64 << 20

    /// How an instance says that it is not the one that a request was meant for.
    static let stranger = "stranger"

    /// Of these errors the other instance has seen nothing.
    private static let unsent: [HTTPClientError] = [
        .connectTimeout, .getConnectionFromPoolTimeout, .alreadyShutdown, .invalidURL, .emptyHost, .emptyScheme,
    ]

    private let client = Mutex<HTTPClient?>(nil)

    func open() {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.timeout.connect = .seconds(1)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        // Whoever forwards looks for the owner again before it tries again.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        let made = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        client.withLock { $0 = made }
    }

    func close() async {
        try? await client.withLock { $0.take() }?.shutdown()
    }

    func send(_ request: StreamRequest, to owner: OwnerAnnouncement, as instance: String, within timeout: Duration) async -> Result {
        guard let client = client.withLock({ $0 }) else { return .unreached("this instance forwards nothing any more") }
        var outgoing = HTTPClientRequest(url: owner.url + (request.head.path ?? "/"))
        outgoing.method = HTTPMethod(rawValue: request.head.method.rawValue)
        outgoing.headers = Self.headers(of: request)
        outgoing.headers.replaceOrAdd(name: HTTPField.Name.highwaterForwardedBy.rawName, value: instance)
        outgoing.headers.replaceOrAdd(name: HTTPField.Name.highwaterForwardedTo.rawName, value: owner.instance)
        outgoing.headers.replaceOrAdd(name: HTTPField.Name.highwaterTimeout.rawName, value: "\(timeout.wholeMilliseconds)")
        if let body = request.body { outgoing.body = .bytes(body) }
        do {
            let answer = try await client.execute(outgoing, timeout: TimeAmount(timeout))
            if let how = answer.headers.first(name: HTTPField.Name.highwaterMisdirected.rawName) {
                return .misdirected(byStranger: how == Self.stranger)
            }
            var headers = HTTPFields(passedOn: answer.headers)
            let status = HTTPResponse.Status(code: Int(answer.status.code), reasonPhrase: answer.status.reasonPhrase)
            if request.head.method == .head || status == .notModified {
                // No body follows whose length could be told; what GET's would have is passed on.
                headers[.contentLength] = answer.headers.first(name: HTTPField.Name.contentLength.rawName)
                _ = try await answer.body.collect(upTo: Self.maximumOutcomeBytes)
                return .answered(Response(status: status, headers: headers))
            }
            guard request.commandID != nil else {
                // A client of HTTP/1.0 would not know where chunks end.
                headers[.contentLength] = answer.headers.first(name: HTTPField.Name.contentLength.rawName)
                return .answered(Response(status: status, headers: headers, body: ResponseBody(asyncSequence: answer.body)))
            }
            let body = try await answer.body.collect(upTo: Self.maximumOutcomeBytes)
            return .answered(Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body)))
        } catch let error as HTTPClientError where Self.unsent.contains(error) {
            return .unreached("\(error.shortDescription)")
        } catch let error as NIOConnectionError {
            return .unreached("\(error)")
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return .unreached("\(error)")
        } catch {
            return .lost("\(error)")
        }
    }

    private static func headers(of request: StreamRequest) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for field in request.head.headerFields where !HTTPField.Name.hopByHop.contains(field.name) {
            headers.add(name: field.name.rawName, value: field.value)
        }
        if let id = request.commandID { headers.replaceOrAdd(name: HTTPField.Name.idempotencyKey.rawName, value: id.field) }
        if !request.traceparent.isEmpty {
            headers.replaceOrAdd(name: HTTPField.Name.traceparent.rawName, value: request.traceparent)
        }
        return headers
    }
}

extension HTTPField.Name {
    /// The instance that forwards a request. Who receives it answers it or says that it is misdirected, and never forwards it again.
    static let highwaterForwardedBy = Self("Highwater-Forwarded-By")!
    /// The instance that a request is forwarded to, since another may have taken its address.
    static let highwaterForwardedTo = Self("Highwater-Forwarded-To")!
    /// How many milliseconds the sender of a forwarded request waits for its answer.
    static let highwaterTimeout = Self("Highwater-Timeout")!
    /// Marks the answer to a forwarded request whose receiver does not own the partition.
    static let highwaterMisdirected = Self("Highwater-Misdirected")!

    /// Of one connection, not of the request (RFC 9110, section 7.6.1), or made anew for each.
    static let hopByHop: Set<HTTPField.Name> = [
        .connection, .transferEncoding, .upgrade, .te, .trailer, .contentLength, .expect, .proxyAuthenticate, .proxyAuthorization,
        Self("Keep-Alive")!, Self("Proxy-Connection")!, Self("Host")!,
    ]
}

extension HTTPFields {
    /// An answer's header fields, for whoever asked.
    fileprivate init(passedOn headers: HTTPHeaders) {
        self.init()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name), !HTTPField.Name.hopByHop.contains(name), name != .date, name != .server else { continue }
            append(HTTPField(name: name, value: value))
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
