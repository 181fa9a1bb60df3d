/// An event's identity, `stream@version` (`order/536365@1`): unique, readable, never random.
public struct EventID: Hashable, Sendable, CustomStringConvertible {
    public let stream: StreamID
    public let version: StreamVersion

    public init(stream: StreamID, version: StreamVersion) {
        self.stream = stream
        self.version = version
    }

    public var description: String { "\(stream)@\(version)" }
}
