import HTTPEdge
import ServiceLifecycle

/// The server, as a service that says plainly why it cannot listen.
///
/// Writers stand behind its gate: only a process that can listen claims partitions. One that is started by mistake beside another, with the same
/// address, would else take them from it and then end.
struct Listening: Service, CustomStringConvertible {
    let server: HTTPServer
    let address: String
    /// Opened by the server once it listens.
    let gate: Gate

    var description: String { "HTTP server" }

    /// - Throws: ``Failure`` where it cannot listen.
    func run() async throws {
        do {
            try await server.run()
        } catch  where !gate.isOpen && !(error is CancellationError) {
            throw Failure("cannot listen on \(address), set by HIGHWATER_HTTP: \(error)")
        }
    }
}
