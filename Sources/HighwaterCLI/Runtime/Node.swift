import EventLog
import HTTPEdge
import Logging
import Operations
import ReadModel
import SQLiteStateStore
import ServiceLifecycle
import WriteModel

/// One process's services, put together: writers, projectors, HTTP.
struct Node {
    private let runtime: Runtime
    private let writers: [WriteService]
    private let runners: [(name: String, runner: ProjectionRunner)]
    private let server: HTTPServer
    private let listening = Listening()
    private let health = HealthRegistry()

    init(_ application: Application, runtime: Runtime, metrics: MetricsRegistry, benchmarkRoutes: Bool) throws {
        self.runtime = runtime
        let settings = runtime.settings
        let logger = runtime.logger
        let states = SQLiteStateStores(folder: settings.stateFolder, logger: logger)
        var options = WriteService.Options(instance: Runtime.instance)
        options.partitions = settings.partitions
        options.timeout = settings.commandTimeout
        options.limits.unanswered = settings.maxWaiting
        writers = application.contexts.map {
            WriteService($0.writeModel, log: runtime.log, stores: states, options: options, logger: logger)
        }
        let signals = runtime.stores.map { _ in AppliedSignal() }
        runners = zip(runtime.stores, signals).flatMap { store, signal in
            application.contexts.flatMap { context in
                context.projections.map {
                    (
                        "\($0.id.name)-\(store.name)",
                        ProjectionRunner(
                            $0, store: store, log: runtime.log, topic: context.writeModel.topic, signal: signal, logger: logger)
                    )
                }
            }
        }
        let queries = ReadModelQueries(application.contexts.flatMap(\.projections), store: runtime.stores[0], signal: signals[0])
        server = try Self.server(
            application, settings: settings, writers: writers, queries: queries, health: health, metrics: metrics,
            benchmarkRoutes: benchmarkRoutes, listening: listening, logger: logger)
        addChecks()
    }

    /// Runs until the process is told to stop, then drains: HTTP first, the log's users last.
    ///
    /// - Throws: ``Failure`` where the log's topics cannot be made.
    func run() async throws {
        for writer in writers {
            do {
                _ = try await runtime.log.ensureTopic(writer.context.topic, partitions: runtime.settings.partitions)
            } catch {
                throw Failure("\(error)")
            }
        }
        let services: [any Service] =
            writers.map { Listening.Waiting(service: $0, listening: listening) } + runners.map(\.runner)
            + [Listening.Server(server: server, address: "\(runtime.settings.http)", listening: listening)]
        try await runServices(services, settings: runtime.settings, health: health, logger: runtime.logger)
    }

    private static func server(
        _ application: Application, settings: Settings, writers: [WriteService], queries: ReadModelQueries, health: HealthRegistry,
        metrics: MetricsRegistry, benchmarkRoutes: Bool, listening: Listening, logger: Logger
    ) throws -> HTTPServer {
        var services = EdgeServices(
            commands: writers, views: queries,
            health: HealthEndpoints(
                report: { probe in
                    let report = await health.report(probe.health)
                    return HealthEndpoints.Report(isPassing: report.isPassing, json: report.json)
                },
                metricsText: { await metrics.render() }, isDraining: { health.isDraining }))
        services.tracer = W3CTracer()
        services.metrics = metrics
        var configuration = HTTPServerConfiguration(host: settings.http.host, port: settings.http.port)
        configuration.maximumBodyBytes = settings.maxBodyBytes
        configuration.benchmarkRoutes = benchmarkRoutes
        configuration.title = application.name
        return try HTTPServer(services, configuration: configuration, logger: logger) { port in
            listening.begin()
            logger.info("listening", metadata: ["url": "\(settings.advertisedURL(port: port))"])
        }
    }

    private func addChecks() {
        for writer in writers {
            health.addCheck("writers-\(writer.context.topic)", for: .startup) {
                let partitions = await writer.ownership()
                guard !partitions.isEmpty else { return .failing("the topic is not open yet") }
                let missing = partitions.filter { !$0.isOwner }
                guard let first = missing.first else { return .passing("writes \(partitions.count) partitions") }
                return .failing(
                    "\(missing.count) of \(partitions.count) partitions are not written by this instance: \(first.reason ?? "")")
            }
        }
        for (name, runner) in runners {
            health.addCheck("projection-\(name)") {
                let status = runner.status
                if let failure = status.failure { return .failing(failure) }
                return .passing("lag \(status.lagRecords)")
            }
        }
    }
}

extension HealthEndpoints.Probe {
    fileprivate var health: HealthProbe {
        switch self {
        case .live: .live
        case .ready: .ready
        case .startup: .startup
        }
    }
}
