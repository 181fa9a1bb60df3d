import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The command and query API over HTTP/1.1, as a service.
///
/// On a graceful shutdown it makes no more connections, answers what is under way and what still comes on those there are, each
/// connection's last answer saying so, closes connections that stay idle, and ends. Commands that nobody else can take are turned away.
/// It runs once.
public struct HTTPServer: Service {
    let responder: EdgeResponder
    private let configuration: HTTPServerConfiguration
    private let onRunning: @Sendable (_ port: Int) async -> Void
    private let logger: Logger
    private let strays = AnsweredConnections.Strays()
    private let listener: Listener
    private let connections: ConnectionSettings

    /// - Parameter onRunning: called once it accepts connections, with the port it has been given.
    /// - Throws: ``InvalidRegistration`` where two things would share a path.
    public init(
        _ services: EdgeServices, configuration: HTTPServerConfiguration = HTTPServerConfiguration(), logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws(InvalidRegistration) {
        let responder = try EdgeResponder(services, configuration: configuration)
        self.responder = responder
        connections = ConnectionSettings(
            configuration: configuration,
            table: ConnectionTable(
                limit: configuration.maximumConnections, spare: configuration.spareConnections, metrics: services.metrics),
            memory: BodyMemory(
                bytes: configuration.bodyMemory, maximumBodyBytes: configuration.maximumBodyBytes, metrics: services.metrics),
            isProbe: { responder.isProbe($0) }, onRefusal: { responder.recordRefusal($0, $1) })
        listener = Listener(
            roundTrip: configuration.roundTrip, limit: .seconds(5), clock: ContinuousClock(), logger: logger
        ) { responder.beginDraining() }
        self.configuration = configuration
        self.onRunning = onRunning
        self.logger = logger
    }

    /// - Throws: the system's error where the address cannot be listened on.
    public func run() async throws {
        // The last is shut down first.
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application, listener], logger: logger))
        try await responder.forwarding {
            try await group.run()
            await strays.wait()
        }
    }

    var application: Application<EdgeResponder> {
        Application(
            responder: responder,
            server: HTTPServerBuilder { [connections, strays] responder in
                AnsweredConnections(base: EdgeChannel(responder: responder, settings: connections), strays: strays)
            },
            configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [onRunning, configuration, listener] channel in
                await listener.begin(channel)
                await onRunning(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger)
    }
}
