import Foundation
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import HTTPEdge

/// The end of listening under a flood of new connections.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ListenerTests {
    /// Connections come faster than they are accepted, so that there are always some that only the kernel knows of. Whoever has one, and has
    /// sent its request, is answered.
    @Test func noConnectionIsLost() async throws {
        var told = Flood.Told()
        for _ in 0..<5 {
            let flood = Flood()
            told += try await Edge().running { port, group in
                let result = Task { await flood.run(port: port, clients: 16) }
                await flood.waitForAnswers(300)
                await group.triggerGracefulShutdown()
                return await result.value
            }
        }
        print("connections at the end of listening: \(told)")
        #expect(told.lost == 0, "\(told)")
        #expect(told.answered > 1500)
        #expect(told.refused == 5 * 16)
    }
}

/// Clients in threads of their own, which connect again and again until they are refused.
private final class Flood: Sendable {
    struct Told: Sendable {
        var answered = 0
        var refused = 0
        /// Connected, and not answered.
        var lost = 0

        static func += (a: inout Told, b: Told) {
            a.answered += b.answered
            a.refused += b.refused
            a.lost += b.lost
        }
    }

    private let state = Mutex(Told())
    private let progress = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))

    func waitForAnswers(_ count: Int) async {
        for await answered in progress.stream where answered >= count { return }
    }

    func run(port: Int, clients: Int) async -> Told {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                        Thread {
                            self.connectUntilRefused(UInt16(port))
                            continuation.resume()
                        }.start()
                    }
                }
            }
        }
        return state.withLock { $0 }
    }

    private func connectUntilRefused(_ port: UInt16) {
        while true {
            let outcome = exchange(port)
            let answered = state.withLock { told in
                switch outcome {
                case .answered: told.answered += 1
                case .refused: told.refused += 1
                case .lost: told.lost += 1
                }
                return told.answered
            }
            progress.continuation.yield(answered)
            if case .answered = outcome { continue }
            return
        }
    }

    private enum Outcome { case answered, refused, lost }

    private func exchange(_ port: UInt16) -> Outcome {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return errno == ECONNREFUSED ? .refused : .lost }
        let request = Array("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return .lost }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 ") && answer.last == UInt8(ascii: "}") ? .answered : .lost
    }
}
