import HTTPTypes
import HummingbirdTesting
import InMemoryTracing
import Metrics
import Synchronization
import Testing
import Tracing

@testable import HTTPEdge

@Suite struct OperationsTests {
    var edge = Edge()

    @Test mutating func probes() async throws {
        edge.services.health.report = { probe in
            HealthEndpoints.Report(isPassing: probe == .live, json: "{\"status\":\"\(probe)\",\"checks\":{\"log\":{\"ok\":false}}}")
        }
        for (probe, status) in [("live", 200), ("ready", 503), ("startup", 503)] {
            let response = try await edge.send(.get, "/health/\(probe)")
            #expect(response.status.code == status)
            #expect(response.text == "{\"status\":\"\(probe)\",\"checks\":{\"log\":{\"ok\":false}}}")
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.headers[.cacheControl] == "no-store")
        }
    }

    @Test mutating func partsHaveProbesOfTheirOwn() async throws {
        edge.services.health.parts = ["commands", "views"]
        edge.services.health.report = { HealthEndpoints.Report(isPassing: $0 != .part("views"), json: "{\"asked\":\"\($0.path)\"}") }
        for (path, status) in [("/health/ready", 200), ("/health/ready/commands", 200), ("/health/ready/views", 503)] {
            let response = try await edge.send(.get, path)
            #expect(response.status.code == status)
            #expect(response.text == "{\"asked\":\"\(path)\"}")
        }
        for path in ["/health/ready/projections", "/health/live/commands", "/health/ready/commands/x"] {
            #expect(try await edge.send(.get, path).status == .notFound)
        }
        #expect(try await edge.send(.post, "/health/ready/views").status == .methodNotAllowed)
        let paths = try #require(try await edge.send(.get, "/openapi.json").json["paths"] as? [String: [String: [String: Any]]])
        #expect(paths["/health/ready/views"]?["get"]?["operationId"] as? String == "health.ready.views")
        #expect(
            Set(paths.keys.filter { $0.hasPrefix("/health/") }) == [
                "/health/live", "/health/ready", "/health/ready/commands", "/health/ready/views", "/health/startup",
            ])
    }

    @Test mutating func metricsText() async throws {
        edge.services.health.metricsText = { "up 1\n" }
        let response = try await edge.send(.get, "/metrics")
        #expect(response.status == .ok)
        #expect(response.text == "up 1\n")
        #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test mutating func countsRequestsByTemplate() async throws {
        let metrics = CountingMetrics()
        edge.services.metrics = metrics
        try await edge.open("1", deposits: 2)
        _ = try await edge.send(.get, "/v1/account/1")
        _ = try await edge.send(.get, "/v1/account/2/events")
        _ = try await edge.send(.get, "/v1/views/account-list/secret")
        _ = try await edge.send(.get, "/chosen/by/the/caller")
        _ = try await edge.send(.init("BREW")!, "/metrics")
        #expect(
            metrics.counts == [
                "highwater_http_requests_total method=POST route=/v1/account/{streamID}/open status=201": 1,
                "highwater_http_requests_total method=POST route=/v1/account/{streamID}/deposit status=200": 2,
                "highwater_http_requests_total method=GET route=/v1/account/{streamID} status=200": 1,
                "highwater_http_requests_total method=GET route=/v1/account/{streamID}/events status=404": 1,
                "highwater_http_requests_total method=GET route=/v1/views/account-list/{key} status=200": 1,
                "highwater_http_requests_total method=GET route=unmatched status=404": 1,
                "highwater_http_requests_total method=other route=/metrics status=405": 1,
                "highwater_http_request_duration_seconds method=POST route=/v1/account/{streamID}/open": 1,
                "highwater_http_request_duration_seconds method=POST route=/v1/account/{streamID}/deposit": 2,
                "highwater_http_request_duration_seconds method=GET route=/v1/account/{streamID}": 1,
                "highwater_http_request_duration_seconds method=GET route=/v1/account/{streamID}/events": 1,
                "highwater_http_request_duration_seconds method=GET route=/v1/views/account-list/{key}": 1,
                "highwater_http_request_duration_seconds method=GET route=unmatched": 1,
                "highwater_http_request_duration_seconds method=other route=/metrics": 1,
            ])
    }

    @Test mutating func logsRequests() async throws {
        let log = RecordingLog()
        edge.logger = log.logger
        _ = try await edge.send(.get, "/v1/account/2?x=secret")
        let line = try #require(log.lines.first { $0.hasPrefix("debug request") })
        #expect(line.contains("/v1/account/{streamID}") && line.contains("400") && !line.contains("secret"))
    }

    @Test mutating func spansRequests() async throws {
        let tracer = InMemoryTracer(recordInjections: false, recordExtractions: false)
        edge.services.tracer = tracer
        _ = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#)
        _ = try await edge.send(.get, "/v1/account/secret")
        #expect(tracer.finishedSpans.map(\.operationName) == ["POST /v1/account/{streamID}/open", "GET /v1/account/{streamID}"])
        #expect(tracer.finishedSpans.map(\.kind) == [.server, .server])
    }

    @Test mutating func logsRequestsInTheirTrace() async throws {
        let tracer = InMemoryTracer(recordInjections: false, recordExtractions: false)
        edge.services.tracer = tracer
        let log = RecordingLog()
        edge.logger = log.logger
        _ = try await edge.send(.post, "/v1/account/1/open", #"{"owner":"Ada"}"#)
        let trace = try #require(tracer.finishedSpans.first?.traceID)
        let line = try #require(log.lines.first { $0.hasPrefix("debug request") })
        #expect(line.hasSuffix(" in \(trace)"), "\(line)")
    }
}

/// Counts what is recorded, by label and dimensions.
final class CountingMetrics: MetricsFactory {
    private final class Handler: CounterHandler, TimerHandler, RecorderHandler, Sendable {
        let name: String
        let metrics: CountingMetrics

        init(_ name: String, _ metrics: CountingMetrics) {
            self.name = name
            self.metrics = metrics
        }

        func increment(by amount: Int64) { metrics.add(name, Int(amount)) }
        func reset() {}
        func recordNanoseconds(_ duration: Int64) { if duration > 0 { metrics.add(name, 1) } }
        func record(_ value: Int64) {}
        func record(_ value: Double) {}
    }

    private let recorded = Mutex<[String: Int]>([:])

    var counts: [String: Int] { recorded.withLock { $0 } }

    func add(_ name: String, _ amount: Int) { recorded.withLock { $0[name, default: 0] += amount } }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        Handler(([label] + dimensions.map { "\($0.0)=\($0.1)" }).joined(separator: " "), self)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler(label, dimensions) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler(label, dimensions) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { handler(label, dimensions) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
}
