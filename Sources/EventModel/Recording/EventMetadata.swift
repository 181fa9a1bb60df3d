/// What is known of the command that caused a commit's events. A class, so that the events of a commit share it.
public final class EventMetadata: Sendable {
    public let commandID: CommandID
    /// Groups everything that one outside request set off.
    public let correlationID: String
    /// The event or command that directly caused the command; empty where it came from outside.
    public let causationID: String
    /// Who sent the command; empty where unknown.
    public let actor: String
    /// When the writer decided the command, by its own clock.
    public let at: Timestamp
    /// W3C trace context; empty where there is none.
    public let traceparent: String

    public init(
        commandID: CommandID, correlationID: String = "", causationID: String = "", actor: String = "", at: Timestamp,
        traceparent: String = ""
    ) {
        self.commandID = commandID
        self.correlationID = correlationID
        self.causationID = causationID
        self.actor = actor
        self.at = at
        self.traceparent = traceparent
    }
}
