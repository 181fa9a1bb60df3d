import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Synchronization

/// HTTP/1.1 connections, all of which are answered: also one that is accepted in the moment in which the server stops accepting.
///
/// The framework lets go of such a connection, and NIO traps where an asynchronous channel is let go of unused ("Deinited NIOAsyncWriter
/// without calling finish()"): a restart under load would take down requests that are under way.
struct AnsweredConnections: ServerChildChannel {
    let base: EdgeChannel
    let strays: Strays

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        base.setup(channel: channel, logger: logger).map { Connection($0, self, logger) }
    }

    func handle(value: Connection, logger: Logger) async {
        if let connection = value.take() { await base.handle(value: connection, logger: logger) }
    }

    /// A connection until somebody handles it. Whoever lets go of it has it handled.
    final class Connection: ServerChildChannelValue {
        let channel: any Channel
        private let connections: AnsweredConnections
        private let logger: Logger
        private let unhandled: Mutex<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>

        init(_ connection: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>, _ connections: AnsweredConnections, _ logger: Logger) {
            channel = connection.channel
            self.connections = connections
            self.logger = logger
            unhandled = Mutex(connection)
        }

        deinit {
            guard let connection = take() else { return }
            connections.strays.run { [connections, logger] in await connections.base.handle(value: connection, logger: logger) }
        }

        fileprivate func take() -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>? { unhandled.withLock { $0.take() } }
    }

    /// The connections that the framework let go of, which the server's end waits for.
    final class Strays: Sendable {
        private struct State {
            var count = 0
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        fileprivate func run(_ body: @escaping @Sendable () async -> Void) {
            state.withLock { $0.count += 1 }
            Task {
                await body()
                end()
            }
        }

        private func end() {
            let waiting = state.withLock { state in
                state.count -= 1
                guard state.count == 0 else { return [CheckedContinuation<Void, Never>]() }
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        /// Returns once there are none.
        func wait() async {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.count > 0 { state.waiting.append(continuation) }
                    return state.count == 0
                }
                if isDone { continuation.resume() }
            }
        }
    }
}
