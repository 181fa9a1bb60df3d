import EventModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing

@testable import HTTPEdge

/// The edge under test, with its collaborators.
struct Edge {
    let commands: InMemoryCommands
    let views: StubViews
    var services: EdgeServices
    var configuration = HTTPServerConfiguration(port: 0)
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(commands: InMemoryCommands = InMemoryCommands(), views: StubViews = StubViews()) {
        self.commands = commands
        self.views = views
        services = EdgeServices(commands: [commands], views: views)
        let ids = NumberedIDs()
        services.makeCommandID = { ids.next() }
    }

    func server(onRunning: @escaping @Sendable (Int) async -> Void = { _ in }) throws -> HTTPServer {
        try HTTPServer(services, configuration: configuration, logger: logger, onRunning: onRunning)
    }

    /// One request, by way of the responder.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil, headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await server().application.test(.router) { client in
            var headers = headers
            if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
            return try await client.execute(uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        }
    }

    /// Opens an account and makes deposits of 1, 2, …
    func open(_ key: String, deposits: Int = 0) async throws {
        #expect(try await send(.post, "/v1/account/\(key)/open", #"{"owner":"Ada"}"#).status == .created)
        for amount in 1..<(deposits + 1) {
            #expect(try await send(.post, "/v1/account/\(key)/deposit", "{\"amount\":\(amount)}").status == .ok)
        }
    }
}

/// `made-1`, `made-2`, …
private final class NumberedIDs: Sendable {
    private let count = Atomic(0)

    func next() -> CommandID { CommandID(trusted: "made-\(count.add(1, ordering: .relaxed).newValue)") }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    var json: [String: Any] {
        get throws {
            try #require(JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
        }
    }

    /// Checks all that every problem has.
    @discardableResult
    func expectProblem(
        _ status: Int, _ slug: String, field: String? = nil, instance: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [String: Any] {
        #expect(self.status.code == status, sourceLocation: sourceLocation)
        #expect(headers[.contentType] == "application/problem+json", sourceLocation: sourceLocation)
        let json = try json
        #expect(json["type"] as? String == "urn:highwater:problem:\(slug)", "\(text)", sourceLocation: sourceLocation)
        #expect(json["status"] as? Int == status, sourceLocation: sourceLocation)
        #expect((json["title"] as? String)?.isEmpty == false, sourceLocation: sourceLocation)
        #expect((json["detail"] as? String)?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(json["field"] as? String == field, "\(text)", sourceLocation: sourceLocation)
        if let instance { #expect(json["instance"] as? String == instance, sourceLocation: sourceLocation) }
        return json
    }
}

extension HTTPField.Name {
    static let key = Self("Idempotency-Key")!
    static let position = Self("Highwater-Position")!
    static let correlation = Self("X-Correlation-ID")!
    static let preference = Self("Prefer")!
    static let applied = Self("Preference-Applied")!
}
