import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The command and query API over HTTP/1.1, as a service.
///
/// On a graceful shutdown it accepts no more connections and no more commands, answers what is under way, closes idle connections, and
/// ends.
public struct HTTPServer: Service {
    let responder: EdgeResponder
    private let configuration: HTTPServerConfiguration
    private let onRunning: @Sendable (_ port: Int) async -> Void
    private let logger: Logger

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
            try await application.run()
        } onGracefulShutdown: {
            responder.beginDraining()
        }
    }

    var application: Application<EdgeResponder> {
        Application(
            responder: responder,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionHandler()], idleTimeout: TimeAmount(configuration.idleTimeout))),
            configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [onRunning, configuration] channel in
                await onRunning(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger)
    }
}
