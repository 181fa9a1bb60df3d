public import EventModel

/// A command to one stream.
public struct Command: Sendable {
    public var id: CommandID
    public var stream: StreamID
    public var payload: CommandPayload
    public var expected: ExpectedVersion
    public var correlationID: String
    public var causationID: String
    public var actor: String
    public var traceparent: String

    public init(
        id: CommandID, stream: StreamID, payload: CommandPayload, expected: ExpectedVersion = .any, correlationID: String? = nil,
        causationID: String = "", actor: String = "", traceparent: String = ""
    ) {
        self.id = id
        self.stream = stream
        self.payload = payload
        self.expected = expected
        self.correlationID = correlationID ?? id.description
        self.causationID = causationID
        self.actor = actor
        self.traceparent = traceparent
    }
}
