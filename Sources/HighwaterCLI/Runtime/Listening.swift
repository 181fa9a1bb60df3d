import HTTPEdge
import ServiceLifecycle
import Synchronization

/// Puts the server before the writers: only a process that can listen claims partitions. One that is started by mistake beside another,
/// with the same address, would else take them from it and then end.
final class Listening: Sendable {
    private struct State {
        var hasBegun = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    private var hasBegun: Bool { state.withLock { $0.hasBegun } }

    /// The server listens.
    func begin() {
        let waiting = state.withLock { state in
            state.hasBegun = true
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    private var beginning: AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let hasBegun = state.withLock { state in
            state.waiting.append(continuation)
            return state.hasBegun
        }
        if hasBegun { continuation.finish() }
        return stream
    }

    /// A service that runs `service` once the server listens, and ends where it never does.
    struct Waiting: Service, CustomStringConvertible {
        let service: any Service
        let listening: Listening

        var description: String { "\(service)" }

        func run() async throws {
            await cancelWhenGracefulShutdown { [listening] in
                for await _ in listening.beginning {}
            }
            if listening.hasBegun { try await service.run() }
        }
    }

    /// The server, as a service that says plainly why it cannot listen.
    struct Server: Service, CustomStringConvertible {
        let server: HTTPServer
        let address: String
        let listening: Listening

        var description: String { "HTTP server" }

        /// - Throws: ``Failure`` where it cannot listen.
        func run() async throws {
            do {
                try await server.run()
            } catch  where !listening.hasBegun && !(error is CancellationError) {
                throw Failure("cannot listen on \(address), set by HIGHWATER_HTTP: \(error)")
            }
        }
    }
}
