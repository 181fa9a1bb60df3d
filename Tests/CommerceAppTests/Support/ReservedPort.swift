import Foundation

/// A port of this machine that nobody else is given, whether a server runs at it or not: for servers that are ended and started again at one
/// address.
///
/// A socket that is bound to it and does not listen keeps the kernel from handing it out, to servers and to connections; it does not keep
/// those from it who ask for it by its number with SO_REUSEADDR, as servers do.
final class ReservedPort: Sendable {
    let number: Int
    private let holder: Int32

    var address: String { "127.0.0.1:\(number)" }
    var url: String { "http://\(address)" }

    init() throws {
        let holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(holder, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(holder, $0, length) == 0 && getsockname(holder, $0, &length) == 0
            }
        }
        guard isBound else {
            close(holder)
            throw POSIXError(.EADDRINUSE)
        }
        self.holder = holder
        number = Int(in_port_t(bigEndian: address.sin_port))
    }

    deinit { close(holder) }
}
