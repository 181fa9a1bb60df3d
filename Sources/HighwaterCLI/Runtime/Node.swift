import EventLog
import HTTPEdge
import Logging
import Metrics
import Operations
import ReadModel
import SQLiteStateStore
import ServiceLifecycle
import WriteModel

/// One process's services, put together: writers, projectors, HTTP, as its roles say.
struct Node {
    private let application: Application
    private let roles: Roles
    private let runtime: Runtime
    /// One for each context, where other instances share its partitions.
    private let owners: [OwnerTopic]
    private let writers: [WriteService]
    private let runners: [(name: String, runner: ProjectionRunner)]
    /// Nil where the process has nothing to answer, and nobody has asked for its health.
    private let server: HTTPServer?
    private let listening = Listening()
    private let health = HealthRegistry()

    /// Opens what the settings name, runs until the process is told to stop, and drains.
    ///
    /// - Throws: ``Failure``.
    static func run(_ application: Application, roles: Roles, settings: Settings, benchmarkRoutes: Bool) async throws {
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let metrics = MetricsRegistry()
        metrics.addProcessMetrics()
        metrics.describeAll()
        MetricsSystem.bootstrap(metrics)
        let runtime = try await Runtime.open(settings)
        let node = try Node(application, roles: roles, runtime: runtime, metrics: metrics, benchmarkRoutes: benchmarkRoutes)
        try await node.run()
        await runtime.close()
    }

    private init(_ application: Application, roles: Roles, runtime: Runtime, metrics: MetricsRegistry, benchmarkRoutes: Bool) throws {
        self.application = application
        self.roles = roles
        self.runtime = runtime
        let signals = runtime.stores.map { _ in AppliedSignal() }
        owners = roles.contains(.serve) && runtime.isShared(roles) ? Self.owners(application, runtime) : []
        writers = roles.contains(.serve) ? Self.writers(application, runtime, owners) : []
        runners = roles.contains(.project) ? Self.runners(application, runtime, signals) : []
        guard roles.contains(.serve) || runtime.settings.isHTTPSet else {
            server = nil
            return
        }
        var services = EdgeServices(commands: writers)
        if roles.contains(.serve) {
            services.views = ReadModelQueries(application.contexts.flatMap(\.projections), store: runtime.stores[0], signal: signals[0])
        }
        services.health = Self.endpoints(health, metrics)
        services.tracer = W3CTracer()
        services.metrics = metrics
        server = try Self.server(
            application, runtime, services, benchmarkRoutes: benchmarkRoutes, listening: listening, owners: owners)
        addChecks()
    }

    /// Runs until the process is told to stop, then drains: the partitions' handover first, then HTTP, the log's users last.
    ///
    /// - Throws: ``Failure`` where the log's topics cannot be made, or are not what they must be.
    private func run() async throws {
        if roles.contains(.serve) {
            try await runtime.openTopics(NeededTopic.all(of: application, partitions: runtime.settings.partitions))
            // Before anybody listens: a command that comes at once is forwarded to its owner, and not told to come again.
            do {
                for writer in writers { try await writer.open() }
            } catch {
                throw Failure("\(error)")
            }
        }
        var services: [any Service] = owners
        if let server {
            services += writers.map { Listening.Waiting(service: $0, listening: listening) } + runners.map(\.runner)
            services.append(Listening.Server(server: server, address: "\(runtime.settings.http)", listening: listening))
            // Behind the server, so before it at the end: it goes on answering until others have taken over.
            services += writers.map(Handover.init)
        } else {
            services += runners.map(\.runner)
            runtime.logger.info("projecting; set HIGHWATER_HTTP for health and metrics over HTTP")
        }
        try await runServices(services, settings: runtime.settings, health: health, logger: runtime.logger)
    }

    private static func owners(_ application: Application, _ runtime: Runtime) -> [OwnerTopic] {
        application.contexts.map {
            OwnerTopic($0.writeModel.topic, log: runtime.log, instance: Runtime.instance, logger: runtime.logger)
        }
    }

    private static func writers(_ application: Application, _ runtime: Runtime, _ owners: [OwnerTopic]) -> [WriteService] {
        let settings = runtime.settings
        let states = SQLiteStateStores(folder: settings.stateFolder, logger: runtime.logger)
        var options = WriteService.Options(instance: Runtime.instance)
        options.partitions = settings.partitions
        options.timeout = settings.commandTimeout
        options.limits.unanswered = settings.maxWaiting
        return application.contexts.map { context in
            WriteService(
                context.writeModel, log: runtime.log, stores: states, options: options,
                owners: owners.first { $0.context == context.writeModel.topic }, logger: runtime.logger)
        }
    }

    private static func runners(
        _ application: Application, _ runtime: Runtime, _ signals: [AppliedSignal]
    ) -> [(name: String, runner: ProjectionRunner)] {
        zip(runtime.stores, signals).flatMap { store, signal in
            application.contexts.flatMap { context in
                context.projections.map {
                    (
                        "\($0.id.name)-\(store.name)",
                        ProjectionRunner(
                            $0, store: store, log: runtime.log, topic: context.writeModel.topic, signal: signal, logger: runtime.logger)
                    )
                }
            }
        }
    }

    private static func endpoints(_ health: HealthRegistry, _ metrics: MetricsRegistry) -> HealthEndpoints {
        HealthEndpoints(
            report: { probe in
                let report = await health.report(probe.health)
                return HealthEndpoints.Report(isPassing: report.isPassing, json: report.json)
            },
            metricsText: { await metrics.render() }, isDraining: { health.isDraining })
    }

    private static func server(
        _ application: Application, _ runtime: Runtime, _ services: EdgeServices, benchmarkRoutes: Bool, listening: Listening,
        owners: [OwnerTopic]
    ) throws -> HTTPServer {
        let settings = runtime.settings
        var configuration = HTTPServerConfiguration(host: settings.http.host, port: settings.http.port)
        configuration.maximumBodyBytes = settings.maxBodyBytes
        configuration.commandTimeout = settings.commandTimeout
        configuration.benchmarkRoutes = benchmarkRoutes
        configuration.title = application.name
        let logger = runtime.logger
        return try HTTPServer(services, configuration: configuration, logger: logger) { port in
            let url = settings.advertisedURL(port: port)
            for owner in owners { owner.advertise(url: "\(url)") }
            listening.begin()
            logger.info("listening", metadata: ["url": "\(url)"])
        }
    }

    private func addChecks() {
        for writer in writers {
            health.addCheck("writers-\(writer.context.topic)", for: .startup) {
                let partitions = await writer.ownership()
                guard !partitions.isEmpty else { return .failing("the topic is not open yet") }
                let own = partitions.count { $0.epoch != nil }
                // What another instance writes is forwarded to it.
                let missing = partitions.filter { $0.epoch == nil && $0.announced == nil }
                guard let first = missing.first else { return .passing("writes \(own) of \(partitions.count) partitions") }
                return .failing("\(missing.count) of \(partitions.count) partitions have no owner: \(first.reason ?? "not claimed yet")")
            }
            // A partition without an owner has none for any instance: if that made them unready, all would be taken out of service at once,
            // for the other partitions and the views too. Whoever sends it a command is told to come again.
            health.addCheck("commands-\(writer.context.topic)") {
                let partitions = await writer.ownership()
                let isAny = partitions.contains { $0.epoch != nil || $0.announced != nil }
                return isAny ? .passing() : .failing("no partition has an owner: \(partitions.first?.reason ?? "not claimed yet")")
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
