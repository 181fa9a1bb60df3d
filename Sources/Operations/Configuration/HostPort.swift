/// A host and a TCP port, `127.0.0.1:8080` or `[::1]:8080`.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address stands without its brackets.
    public let host: String
    /// 0 where the system is to choose a free one.
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether the host stands for every address of the machine, so that nobody can connect to it by that name.
    public var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    /// `defaultPort` nil: the text must name a port.
    init(parsing text: Substring, defaultPort: Int? = nil, ports: ClosedRange<Int> = 1...65535) throws(InvalidValue) {
        let host: Substring
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw InvalidValue("the bracket of the IPv6 address is not closed") }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw InvalidValue("something other than a port follows the IPv6 address") }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw InvalidValue("what stands in brackets is not an IPv6 address")
            }
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { throw InvalidValue("there is more than one colon; an IPv6 address stands in brackets") }
            host = parts.first ?? ""
            port = parts.count == 2 ? parts[1] : nil
            guard !host.isEmpty else { throw InvalidValue("the host is missing") }
            guard host.utf8.allSatisfy(Self.isHostByte) else { throw InvalidValue("the host has a character that no host name has") }
        }
        self.host = String(host)
        guard let port else {
            guard let defaultPort else { throw InvalidValue("the port is missing") }
            self.port = defaultPort
            return
        }
        guard !port.isEmpty, port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), ports.contains(number) else {
            throw InvalidValue("the port is not a number from \(ports.lowerBound) to \(ports.upperBound)")
        }
        self.port = number
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
