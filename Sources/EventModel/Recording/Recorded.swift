/// An event that is in the log, with who and what caused it.
public struct Recorded<Event: Sendable>: Sendable {
    public let stream: StreamID
    public let version: StreamVersion
    public let type: EventType
    public let event: Event
    /// Shared by all events of one commit.
    public let metadata: EventMetadata

    public init(stream: StreamID, version: StreamVersion, type: EventType, event: Event, metadata: EventMetadata) {
        self.stream = stream
        self.version = version
        self.type = type
        self.event = event
        self.metadata = metadata
    }

    public var id: EventID { EventID(stream: stream, version: version) }
}

extension Recorded {
    public func map<Other>(_ transform: (Event) -> Other) -> Recorded<Other> {
        Recorded<Other>(stream: stream, version: version, type: type, event: transform(event), metadata: metadata)
    }
}
