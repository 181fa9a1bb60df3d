import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
private let stream = Int32(SOCK_STREAM.rawValue)
private let listening = Glibc.listen
#elseif canImport(Darwin)
import Darwin
private let stream = SOCK_STREAM
private let listening = Darwin.listen
#endif

/// Passes bytes between programs and a server, and can lose an answer: then the program sees its connection break after the server has done
/// what it was asked. Silenced, it takes connections and bytes as before and passes nothing on, as a black hole in the network does.
final class LosingProxy: Sendable {
    struct Failed: Error {}

    private let listener: Int32
    private let port: UInt16
    private let server: UInt16
    private let original: String
    private let losing = Mutex((armed: false, lost: 0))
    private let silenced = NSCondition()
    nonisolated(unsafe) private var isSilent = false  // under `silenced`
    private let accepted = Mutex(0)

    init(to url: String) throws {
        // To write to a connection that broke is an error here, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        original = url
        server = UInt16(URLComponents(string: url)?.port ?? 5432)
        (listener, port) = try Self.listen()
        Thread { [self] in serve() }.start()
    }

    var url: String {
        var url = URLComponents(string: original) ?? URLComponents()
        url.port = Int(port)
        return url.string ?? ""
    }

    var lost: Int { losing.withLock { $0.lost } }

    /// The next thing that the server says breaks its connection in place of arriving.
    func loseNextAnswer() { losing.withLock { $0.armed = true } }

    /// How many connections there have been.
    var connections: Int { accepted.withLock { $0 } }

    func silence(_ isSilent: Bool = true) {
        silenced.withLock {
            self.isSilent = isSilent
            silenced.broadcast()
        }
    }

    func stop() {
        silence(false)
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func waitForSpeech() {
        silenced.withLock {
            while isSilent { silenced.wait() }
        }
    }

    private func serve() {
        while case let client = accept(listener, nil, nil), client >= 0 {
            accepted.withLock { $0 += 1 }
            let upstream = socket(AF_INET, stream, 0)
            var address = Self.loopback(server)
            let isConnected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                close(client)
                close(upstream)
                continue
            }
            Thread { [self] in pass(from: client, to: upstream, isAnswer: false) }.start()
            Thread { [self] in pass(from: upstream, to: client, isAnswer: true) }.start()
        }
        close(listener)
    }

    private func pass(from source: Int32, to target: Int32, isAnswer: Bool) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(source, &bytes, bytes.count), count > 0 {
            waitForSpeech()
            let isLost =
                isAnswer
                && losing.withLock { losing in
                    guard losing.armed else { return false }
                    losing = (false, losing.lost + 1)
                    return true
                }
            if isLost { break }
            var sent = 0
            while sent < count, case let more = bytes[sent..<count].withUnsafeBytes({ write(target, $0.baseAddress, $0.count) }), more > 0 {
                sent += more
            }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
    }

    /// On a free port of this machine.
    static func listen() throws -> (listener: Int32, port: UInt16) {
        let listener = socket(AF_INET, stream, 0)
        var address = loopback(0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var isBound = false
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                var length = size
                isBound = bind(listener, pointer, size) == 0 && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isBound, listening(listener, 16) == 0 else { throw Failed() }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001 as UInt32).bigEndian
        return address
    }
}
