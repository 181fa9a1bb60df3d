import Foundation

/// Speaks TLS to programs, in records as large as TLS allows for, and plainly to a server, whose own TLS has smaller ones.
struct TLSProxy: Sendable {
    struct Failed: Error {}

    let port: Int
    private let process: Process
    /// At whose end it ends: with this process at the latest.
    private let input = Pipe()

    /// - Parameter server: its port on this machine.
    init(to server: Int, certificate: String, key: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, "\(server)", certificate, key]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        let (lines, said) = AsyncStream<String>.makeStream()
        output.fileHandleForReading.readabilityHandler = { said.yield(String(decoding: $0.availableData, as: UTF8.self)) }
        process.terminationHandler = { _ in said.finish() }
        try process.run()
        self.process = process
        var text = ""
        for await more in lines where !more.isEmpty {
            text += more
            if text.hasSuffix("\n") { break }
        }
        output.fileHandleForReading.readabilityHandler = nil
        guard let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw Failed() }
        self.port = port
    }

    /// Not by a signal: a process that is started from one of Dispatch's threads has them blocked.
    func stop() { try? input.fileHandleForWriting.close() }

    private static let program = """
        import select, socket, ssl, sys, threading

        server_port, certificate, key = sys.argv[1:]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        def whole(server):
            "All that the server says at one go."
            data = server.recv(1 << 20)
            while data and select.select([server], [], [], 0.02)[0]:
                more = server.recv(1 << 20)
                if not more: break
                data += more
            return data

        def serve(client):
            client.recv(8)  # SSLRequest
            client.sendall(b"S")
            client = context.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", int(server_port)))
            while True:
                ready = [client] if client.pending() else select.select([client, server], [], [])[0]
                source, target = (client, server) if client in ready else (server, client)
                data = client.recv(1 << 14) if source is client else whole(server)
                if not data: break
                target.sendall(data)
            client.close()
            server.close()

        def listen():
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=listen, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        sys.stdin.read()
        """
}
