import Foundation
import Testing

/// A TCP port of this machine behind which a server comes and goes: a process that passes bytes on while it runs.
final class Relay: Sendable {
    private let port: ReservedPort
    private let target: String
    private let commerce: Installation

    var address: String { port.address }

    /// - Parameter target: host and port of the server.
    init(to target: String, of commerce: Installation) throws {
        port = try ReservedPort()
        self.target = target
        self.commerce = commerce
    }

    /// Runs `body` while the server can be reached.
    func running<Result>(_ body: () async throws -> Result) async throws -> Result {
        let process = try CommerceProcess(
            ["python3", "-c", Self.script, "\(port.number)", target], in: commerce.folder, executable: "/usr/bin/env")
        return try await process.during {
            try #require(await process.standardOutput.first { $0 == "ready" } != nil, "\(process.standardError.text)")
            return try await body()
        }
    }

    private static let script = """
        import socket, sys, threading
        host, port = sys.argv[2].rsplit(":", 1)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        listener.listen(64)
        print("ready", flush=True)
        def copy(source, sink):
            try:
                while data := source.recv(65536): sink.sendall(data)
            except OSError: pass
            finally:
                for end in (source, sink):
                    try: end.shutdown(socket.SHUT_RDWR)
                    except OSError: pass
        while True:
            client, _ = listener.accept()
            server = socket.create_connection((host, int(port)))
            for pair in ((client, server), (server, client)): threading.Thread(target=copy, args=pair, daemon=True).start()
        """
}
