/// What is known of the command that caused a commit's events.
///
/// Read from a log it keeps the bytes it came in, and reads each text when asked: most folds ask for none but the time.
public struct EventMetadata: Sendable {
    /// The texts.
    package struct Values: Hashable, Sendable {
        package var commandID: String
        package var correlationID = ""
        package var causationID = ""
        package var actor = ""
        package var traceparent = ""

        package init(commandID: String = "") { self.commandID = commandID }
    }

    /// When the writer decided the command, by its own clock.
    public let at: Timestamp
    private let texts: Texts

    private enum Texts: Sendable {
        indirect case known(Values)
        case encoded(Bytes, @Sendable (Bytes) -> Values)
    }

    public init(
        commandID: CommandID, correlationID: String = "", causationID: String = "", actor: String = "", at: Timestamp,
        traceparent: String = ""
    ) {
        var values = Values(commandID: commandID.description)
        values.correlationID = correlationID
        values.causationID = causationID
        values.actor = actor
        values.traceparent = traceparent
        texts = .known(values)
        self.at = at
    }

    /// - Parameter decode: total for `encoded`, and a function without context, so that it costs nothing to keep.
    package init(at: Timestamp, encoded: Bytes, decode: @escaping @Sendable (Bytes) -> Values) {
        texts = .encoded(encoded, decode)
        self.at = at
    }

    package var values: Values {
        switch texts {
        case .known(let values): values
        case .encoded(let encoded, let decode): decode(encoded)
        }
    }

    public var commandID: CommandID { CommandID(trusted: values.commandID) }
    /// Groups everything that one outside request set off.
    public var correlationID: String { values.correlationID }
    /// The event or command that directly caused the command; empty where it came from outside.
    public var causationID: String { values.causationID }
    /// Who sent the command; empty where unknown.
    public var actor: String { values.actor }
    /// W3C trace context; empty where there is none.
    public var traceparent: String { values.traceparent }
}

extension EventMetadata: Hashable {
    public static func == (a: EventMetadata, b: EventMetadata) -> Bool { a.at == b.at && a.values == b.values }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(at)
        hasher.combine(values)
    }
}
