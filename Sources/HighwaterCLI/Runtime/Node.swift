import ArgumentParser
import EventLog
import Foundation
import HTTPEdge
import Logging
import Metrics
import Operations
import ReadModel
import SQLiteStateStore
import ServiceLifecycle
import WriteModel

/// One process's services, put together: writers, projectors, HTTP, as its roles say.
///
/// The server listens at once. The log's topics and each read model are opened by services of their own, which wait for what is away; what needs
/// them stands behind their gates, and answers 503 until then.
struct Node {
    private let runtime: Runtime
    private let topics: Opening<Void>
    /// Where other instances share the partitions; held for as long as the process lives.
    private let home: InstanceHome?
    /// One for each context, where other instances share its partitions.
    private let owners: [OwnerTopic]
    private let writers: [WriteService]
    private let readModels: [NodeReadModel]
    /// Nil where the process has nothing to answer, and nobody has asked for its health.
    private let server: HTTPServer?
    private let listening = Gate()
    private let health: HealthRegistry

    /// Opens what the settings name, runs until the process is told to stop, and drains. What ends it before is told in the process's log.
    ///
    /// - Throws: `ExitCode`.
    static func run(_ application: Application, roles: Roles, settings: Settings, benchmarkRoutes: Bool) async throws {
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let logger = Logger(label: "highwater")
        do {
            let metrics = MetricsRegistry()
            metrics.addProcessMetrics()
            metrics.addLogMetrics()
            metrics.describeAll()
            MetricsSystem.bootstrap(metrics)
            if !settings.serviceLinks.isEmpty {
                logger.debug(
                    "passed over variables of Kubernetes or Docker, which are no settings",
                    metadata: ["variables": "\(settings.serviceLinks.joined(separator: " "))"])
            }
            let runtime = try await Runtime.open(settings, stores: .none)
            let plan = try await runtime.plan(of: application, roles: roles, isAsking: false)
            let connections = try ResourceBudget(limits: .process, plan: plan).connections(wanted: settings.connections.maximum)
            let node = try Node(
                application, roles: roles, runtime: runtime, metrics: metrics, connections: connections, benchmarkRoutes: benchmarkRoutes)
            try await node.run()
            // A cluster that was never reached holds nothing of this process, and what is still asked of it takes a while to give up.
            if node.topics.value != nil { await runtime.close() }
        } catch {
            logger.critical("\(error)")
            throw ExitCode((error as? Failure)?.exitStatus ?? 1)
        }
    }

    /// - Parameter connections: how many clients may be connected.
    private init(
        _ application: Application, roles: Roles, runtime: Runtime, metrics: MetricsRegistry, connections: Int, benchmarkRoutes: Bool
    ) throws {
        self.runtime = runtime
        let isServing = roles.contains(.serve)
        let isProjecting = roles.contains(.project)
        let isShared = isServing && runtime.isShared(roles)
        home = isShared ? InstanceHome(folder: runtime.settings.stateFolder, logger: runtime.logger) : nil
        let owners = isShared ? Self.owners(application, runtime, home) : []
        let writers = isServing ? Self.writers(application, runtime, owners) : []
        let topics = Self.topics(of: application, roles: roles, runtime, writers, connections: connections)
        // Queries are answered from the first. Projectors alone need the others.
        let locations = isProjecting ? runtime.settings.readModels : Array(runtime.settings.readModels.prefix(1))
        let readModels = locations.map {
            NodeReadModel($0, of: application, isProjecting: isProjecting, log: runtime.log, topics: topics.gate, logger: runtime.logger)
        }
        self.owners = owners
        self.writers = writers
        self.topics = topics
        self.readModels = readModels
        health = HealthRegistry(starting: isServing ? [.commands] : [], serving: isServing ? [.commands, .views] : [])
        health.addChecks(of: writers, behind: topics, of: readModels, isServing: isServing, isProjecting: isProjecting)
        guard isServing || runtime.settings.isHTTPSet else {
            server = nil
            return
        }
        var services = EdgeServices(commands: writers)
        if isServing { services.views = readModels[0] }
        services.health = HealthEndpoints(health, metrics)
        services.tracer = W3CTracer()
        services.metrics = metrics
        server = try Self.server(
            application, runtime, services, connections: connections, benchmarkRoutes: benchmarkRoutes, listening: listening, owners: owners
        )
    }

    /// Runs until the process is told to stop, then drains: the partitions' handover first, then HTTP, the log's users last.
    ///
    /// - Throws: ``Failure`` where the address, the log's topics or a read model cannot be used.
    private func run() async throws {
        var services: [any Service] = [topics]
        services += owners.map { Gated($0, behind: topics.gate) }
        if let server {
            services += writers.map { Gated($0, behind: topics.gate, listening) }
            services += readModels
            services.append(Listening(server: server, address: "\(runtime.settings.http)", gate: listening))
            // Behind the server, so before it at the end: it goes on answering until others have taken over.
            services += writers.map(Handover.init)
        } else {
            services += readModels
            runtime.logger.info("projecting; set HIGHWATER_HTTP for health and metrics over HTTP")
        }
        try await runServices(services, settings: runtime.settings, health: health, logger: runtime.logger)
    }

    /// The topics of the application's contexts: made where they are missing by a node that serves, waited for by one that does not.
    private static func topics(
        of application: Application, roles: Roles, _ runtime: Runtime, _ writers: [WriteService], connections: Int
    ) -> Opening<Void> {
        let needed = NeededTopic.all(of: application, runtime.settings)
        return Opening(runtime.settings.log.subject, logger: runtime.logger, judge: runtime.judge) {
            // A topic's partitions are for ever: those that cannot be run are not made.
            let plan = try await runtime.plan(of: application, roles: roles, isAsking: true)
            try ResourceBudget(limits: .process, plan: plan).check(connections: connections)
            if roles.contains(.serve) {
                try await runtime.openTopics(needed)
                // Commands are forwarded to their owners from now on, before this instance has claimed anything.
                for writer in writers { try await writer.open() }
            } else {
                for context in application.contexts { _ = try await runtime.log.partitions(of: context.writeModel.topic) }
            }
        }
    }

    private static func owners(_ application: Application, _ runtime: Runtime, _ home: InstanceHome?) -> [OwnerTopic] {
        application.contexts.map {
            OwnerTopic(
                $0.writeModel.topic, log: runtime.log, instance: Runtime.instance, home: home?.name, logger: runtime.logger)
        }
    }

    private static func writers(_ application: Application, _ runtime: Runtime, _ owners: [OwnerTopic]) -> [WriteService] {
        let settings = runtime.settings
        let states = SQLiteStateStores(folder: settings.stateFolder, logger: runtime.logger)
        var options = WriteService.Options(instance: Runtime.instance)
        options.partitions = settings.partitions
        options.timeout = settings.commandTimeout
        options.limits.unanswered = settings.maxWaiting
        options.readings = max(2, ProcessInfo.processInfo.activeProcessorCount)
        return application.contexts.map { context in
            WriteService(
                context.writeModel, log: runtime.log, stores: states, options: options,
                owners: owners.first { $0.context == context.writeModel.topic }, logger: runtime.logger)
        }
    }

    private static func server(
        _ application: Application, _ runtime: Runtime, _ services: EdgeServices, connections: Int, benchmarkRoutes: Bool,
        listening: Gate, owners: [OwnerTopic]
    ) throws -> HTTPServer {
        let settings = runtime.settings
        var configuration = HTTPServerConfiguration(host: settings.http.host, port: settings.http.port)
        configuration.maximumConnections = connections
        configuration.maximumBodyBytes = settings.maxBodyBytes
        configuration.bodyMemory = settings.connections.bodyMemory
        configuration.keepAlive = settings.connections.keepAlive
        configuration.requestTimeout = settings.connections.requestTimeout
        configuration.commandTimeout = settings.commandTimeout
        configuration.benchmarkRoutes = benchmarkRoutes
        configuration.title = application.name
        let logger = runtime.logger
        return try HTTPServer(services, configuration: configuration, logger: logger) { port in
            let url = settings.advertisedURL(port: port)
            for owner in owners { owner.advertise(url: "\(url)") }
            listening.open()
            logger.info("listening", metadata: ["url": "\(url)"])
        }
    }
}
