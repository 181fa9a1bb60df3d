/// An event as it is stored: its type's name and its payload.
public struct EncodedEvent: Hashable, Sendable {
    public let type: EventType
    public let data: Bytes

    public init(type: EventType, data: Bytes) {
        self.type = type
        self.data = data
    }
}
