/// How an instance is reached: scheme, host and port, `http://orders-1:8080`. No path.
public struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: String, Sendable { case http, https }

    public let scheme: Scheme
    public let address: HostPort

    public init(scheme: Scheme = .http, address: HostPort) {
        self.scheme = scheme
        self.address = address
    }

    public var description: String { "\(scheme.rawValue)://\(address)" }

    /// `http://host:port`, `https://host` or plain `host:port`, which is HTTP.
    init(parsing text: String) throws(InvalidValue) {
        var rest = text[...]
        var scheme = Scheme.http
        if let colon = text.firstRange(of: "://") {
            guard let known = Scheme(rawValue: text[..<colon.lowerBound].lowercased()) else {
                throw InvalidValue("the scheme is neither http nor https")
            }
            scheme = known
            rest = text[colon.upperBound...]
            if rest.last == "/" { rest = rest.dropLast() }
        }
        guard !rest.contains("@") else { throw InvalidValue("credentials do not belong in an address") }
        guard !rest.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" }) else {
            throw InvalidValue("something follows the port; a path is not supported")
        }
        let hasScheme = rest.startIndex != text.startIndex
        self.init(
            scheme: scheme, address: try HostPort(parsing: rest, defaultPort: hasScheme ? (scheme == .http ? 80 : 443) : nil))
    }
}
