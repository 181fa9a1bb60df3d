import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Takes connections and never says a word.
final class SilentServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let clients = Mutex<[Int32]>([])

    init() throws {
        (listener, port) = try LosingProxy.listen()
        Thread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 { clients.withLock { $0.append(client) } }
            close(listener)
        }.start()
    }

    /// How many connections there have been.
    var count: Int { clients.withLock { $0.count } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        clients.withLock { clients in
            for client in clients { close(client) }
            clients = []
        }
    }
}
