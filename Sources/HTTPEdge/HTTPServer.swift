import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The command and query API over HTTP/1.1, as a service.
///
/// On a graceful shutdown it accepts no more connections, answers what is under way and what still comes, each connection's last answer
/// saying so, closes connections that stay idle, and ends. Commands that nobody else can take are turned away.
public struct HTTPServer: Service {
    let responder: EdgeResponder
    private let configuration: HTTPServerConfiguration
    private let onRunning: @Sendable (_ port: Int) async -> Void
    private let logger: Logger
    private let strays = AnsweredConnections.Strays()

    /// - Parameter onRunning: called once it accepts connections, with the port it has been given.
    /// - Throws: ``InvalidRegistration`` where two things would share a path.
    public init(
        _ services: EdgeServices, configuration: HTTPServerConfiguration = HTTPServerConfiguration(), logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws(InvalidRegistration) {
        responder = try EdgeResponder(services, configuration: configuration)
        self.configuration = configuration
        self.onRunning = onRunning
        self.logger = logger
    }

    /// - Throws: the system's error where the address cannot be listened on.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await responder.forwarding {
                try await application.run()
                await strays.wait()
            }
        } onGracefulShutdown: {
            responder.beginDraining()
        }
    }

    var application: Application<EdgeResponder> {
        Application(
            responder: responder,
            server: HTTPServerBuilder { [configuration, strays] responder in
                AnsweredConnections(
                    base: HTTP1Channel(
                        responder: responder,
                        configuration: HTTP1Channel.Configuration(
                            additionalChannelHandlers: [ConnectionHandler(linger: TimeAmount(configuration.linger))],
                            idleTimeout: TimeAmount(configuration.idleTimeout))),
                    strays: strays)
            },
            configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [onRunning, configuration] channel in
                await onRunning(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger)
    }
}
