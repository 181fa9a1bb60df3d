/// How the events of one decider, or of a whole context, are written down and read back.
///
/// `ProtobufModel` makes one from a list of messages. A codec reads every event type that was ever released (upcasting old ones) and
/// writes the newest.
public struct EventCodec<Event: Sendable>: Sendable {
    /// Reads a payload of one type.
    public typealias Reader = @Sendable (EncodedEvent) throws(UnreadableEvent) -> Event?

    /// Every type that ``decode`` understands.
    public let types: Set<EventType>
    /// Total for events of this codec.
    public let encode: @Sendable (Event) -> EncodedEvent
    /// Nil for a type that is not among ``types``.
    public let decode: @Sendable (EncodedEvent) throws(UnreadableEvent) -> Event?
    /// Finds what reads one type once, for those who read many events of it; nil for a type that is not among ``types``.
    public let reader: @Sendable (EventType) -> Reader?
    /// The payload as JSON text, for people and for HTTP. Nil for a type that is not among ``types``.
    public let json: @Sendable (EncodedEvent) throws(UnreadableEvent) -> String?

    public init(
        types: Set<EventType>,
        encode: @escaping @Sendable (Event) -> EncodedEvent,
        decode: @escaping @Sendable (EncodedEvent) throws(UnreadableEvent) -> Event?,
        json: @escaping @Sendable (EncodedEvent) throws(UnreadableEvent) -> String?
    ) {
        self.types = types
        self.encode = encode
        self.decode = decode
        self.json = json
        reader = { types.contains($0) ? decode : nil }
    }

    init(
        types: Set<EventType>, encode: @escaping @Sendable (Event) -> EncodedEvent, decode: @escaping Reader,
        reader: @escaping @Sendable (EventType) -> Reader?,
        json: @escaping @Sendable (EncodedEvent) throws(UnreadableEvent) -> String?
    ) {
        self.types = types
        self.encode = encode
        self.decode = decode
        self.reader = reader
        self.json = json
    }
}

/// A stored event whose payload cannot be read: damaged, or written by something newer.
public struct UnreadableEvent: Error, Hashable, CustomStringConvertible {
    public let type: EventType
    public let reason: String

    public init(type: EventType, reason: String) {
        self.type = type
        self.reason = reason
    }

    public var description: String { "the payload of a \(type) event cannot be read: \(reason)" }
}
