import EventLog
import EventModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import WriteModel

/// Answers every request: with what its route says, or with a problem.
final class EdgeResponder: HTTPResponder {
    private let services: EdgeServices
    private let routes: RouteTable
    private let commands: CommandEndpoint
    private let streams: StreamEndpoint
    private let views: ViewEndpoint
    private let body: JSONBody
    private let configuration: HTTPServerConfiguration
    private let forwarder: Forwarder
    private let canForward: Bool
    private let metrics: RequestMetrics
    private let trace: RequestTrace
    private let isShuttingDown = Atomic(false)

    init(_ services: EdgeServices, configuration: HTTPServerConfiguration) throws(InvalidRegistration) {
        self.services = services
        routes = try RouteTable(
            services: services.commands, views: services.views.schemas, probes: services.health.probes,
            benchmarkRoutes: configuration.benchmarkRoutes)
        body = JSONBody(maximumBytes: configuration.maximumBodyBytes)
        forwarder = Forwarder(
            timeout: configuration.commandTimeout, patience: configuration.ownerPatience, environment: services.environment,
            metrics: services.metrics)
        canForward = services.commands.contains { $0.owners != nil }
        commands = CommandEndpoint(body: body, makeID: services.makeCommandID, forwarder: forwarder)
        streams = StreamEndpoint(services: services.commands, forwarder: forwarder)
        views = ViewEndpoint(queries: services.views, services: services.commands)
        self.configuration = configuration
        metrics = RequestMetrics(factory: services.metrics)
        trace = RequestTrace(tracer: services.tracer)
    }

    /// From now on new commands are turned away, unless another instance can take them.
    func beginDraining() { isShuttingDown.store(true, ordering: .relaxed) }

    /// Runs `body` while requests can be forwarded.
    func forwarding(_ body: () async throws -> Void) async throws {
        guard canForward else { return try await body() }
        forwarder.client.open()
        do {
            try await body()
        } catch {
            await forwarder.client.close()
            throw error
        }
        await forwarder.client.close()
    }

    private var isDraining: Bool { isShuttingDown.load(ordering: .relaxed) || services.health.isDraining() }

    func respond(to request: Request, context: EdgeContext) async throws -> Response {
        let start = ContinuousClock.now
        let target = RequestTarget(request.head.path ?? "/")
        let match = routes.match(request.method, target)
        var response = await trace(request, "\(request.method.rawValue) \(match.template)") { traceparent in
            let response: Response
            do {
                response = try await answer(request, target, match, traceparent: traceparent, logger: context.logger)
            } catch {
                response = problem(for: error, request, match, logger: context.logger).response(instance: target.path)
            }
            // Within the span, whose trace id the log's lines bear.
            record(request, target, match, response.status, ContinuousClock.now - start, logger: context.logger)
            return response
        }
        if request.method == .head { response = response.createHeadResponse() }
        return response
    }

    /// Whether it is asked how the process is.
    func isProbe(_ head: HTTPRequestHead) -> Bool {
        switch try? routes.match(.get, RequestTarget(head.uri)).route.get() {
        case .probe, .metrics: true
        default: false
        }
    }

    /// Counts an answer that a connection gave by itself.
    func recordRefusal(_ head: HTTPRequestHead?, _ problem: Problem) {
        metrics.record(
            method: head.flatMap { HTTPRequest.Method($0.method.rawValue) }, route: RouteMatch.unmatchedTemplate,
            status: problem.kind.status.code, duration: .zero)
    }

    private func record(
        _ request: Request, _ target: RequestTarget, _ match: RouteMatch, _ status: HTTPResponse.Status, _ duration: Duration,
        logger: Logger
    ) {
        metrics.record(method: request.method, route: match.template, status: status.code, duration: duration)
        guard logger.logLevel <= .debug else { return }
        logger.debug(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(target.path)", "route": "\(match.template)", "status": "\(status.code)",
                "duration": "\(duration)",
            ])
    }

    private func answer(
        _ request: Request, _ target: RequestTarget, _ match: RouteMatch, traceparent: String, logger: Logger
    ) async throws -> Response {
        let route = try match.route.get()
        let actor = route.needsAdmission ? try await admit(request) : ""
        switch route {
        case .command(let command, let key):
            guard !isDraining || canForward else {
                throw Problem(
                    .unavailable, "this instance is shutting down and takes no new commands; send it to another",
                    headers: [.retryAfter: "1", .connection: "close"])
            }
            return try await commands.answer(request, command, key: key, actor: actor, traceparent: traceparent, logger: logger)
        case .state(let category, let key): return try await streams.state(request, target, category, key: key, traceparent: traceparent)
        case .events(let category, let key):
            return try await streams.events(request, target, category, key: key, traceparent: traceparent, logger: logger)
        case .row(let schema, let key): return try await views.row(request, target, schema, key: key)
        case .rows(let schema): return try await views.rows(request, target, schema)
        case .probe(let probe):
            let report = await services.health.report(probe)
            return text(report.json, "application/json", status: report.isPassing ? .ok : .serviceUnavailable)
        case .metrics: return text(await services.health.metricsText(), "text/plain; version=0.0.4; charset=utf-8")
        case .openAPI:
            // Made when it is asked for: how many partitions a topic has is known once it is open.
            let document = OpenAPIDocument(
                title: configuration.title, services: services.commands, views: services.views.schemas, probes: services.health.probes,
                maximumBodyBytes: configuration.maximumBodyBytes)
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: document.json.buffer))
        case .echo:
            let body = try await body.read(request)
            return Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        }
    }

    private func admit(_ request: Request) async throws(Problem) -> String {
        switch await services.admit(request.head) {
        case .admitted(let actor): return actor
        case .unauthenticated(let challenge):
            throw Problem(.unauthenticated, "the request brings no valid credentials", headers: [.wwwAuthenticate: challenge])
        case .forbidden: throw Problem(.forbidden, "the credentials do not allow this")
        }
    }

    private func text(_ text: String, _ contentType: String, status: HTTPResponse.Status = .ok) -> Response {
        // A probe's or scrape's answer is of this moment only.
        Response(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// An unexpected error goes to the log; its caller gets an id to ask for.
    private func problem(for error: any Error, _ request: Request, _ match: RouteMatch, logger: Logger) -> Problem {
        if let problem = Problem(fault: error) { return problem }
        let id = RandomCommandID.make().description
        logger.error(
            "unexpected error",
            metadata: ["error": "\(error)", "error_id": "\(id)", "method": "\(request.method.rawValue)", "route": "\(match.template)"])
        return Problem(.internal, "the error is in the server's log under the id '\(id)'", members: [("errorId", .text(id))])
    }
}
