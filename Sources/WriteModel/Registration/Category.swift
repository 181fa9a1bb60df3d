import Crypto
public import EventModel

/// One kind of stream, as an application registers it: a decider, its commands' and events' and state's codecs, types erased.
///
/// ```swift
/// Category(
///     "order", decider: OrderDecider(), foldVersion: 1,
///     commands: OrderCommand.codecs, events: OrderEvent.codec, state: OrderState.codec)
/// ```
public struct Category: Sendable {
    /// The first part of its streams' ids and of its commands' URLs.
    public let name: String
    /// The version of `evolve` and of the state's form. Another number here than in a state store makes that store be rebuilt.
    public let foldVersion: Int
    public let commands: [CommandDefinition]

    let decider: StreamDecider
    private let eventJSON: @Sendable (EncodedEvent) throws(UnreadableEvent) -> String?

    public init<D: Decider>(
        _ name: String, decider: D, foldVersion: Int, commands: [CommandCodec<D.Command>], events: EventCodec<D.Event>,
        state: StateCodec<D.State>
    ) {
        self.name = name
        self.foldVersion = foldVersion
        self.decider = StreamDecider(decider, events: events, state: state)
        eventJSON = events.json
        self.commands = commands.map { codec in
            CommandDefinition(name: codec.name, jsonSchema: codec.jsonSchema) { body throws(InvalidField) in
                let parsed = try codec.parse(body)
                return CommandPayload(
                    category: name, digest: CommandDigest(name: codec.name, canonical: parsed.canonical),
                    decide: { current in
                        var value = current.value as! D.State  // made by this category
                        do throws(D.Refusal) {
                            let decided = try decider.decide(parsed.command, value)
                            for event in decided { decider.evolve(&value, event) }
                            return .events(decided.map(events.encode), StreamState(value))
                        } catch {
                            return .refused(Refusal(name: error.name, explanation: error.explanation))
                        }
                    })
            }
        }
    }

    public func command(_ name: some StringProtocol) -> CommandDefinition? { commands.first { $0.name == name } }

    /// A stored event's payload as JSON text; nil where its type is not one of this category's.
    public func json(_ event: EncodedEvent) throws(UnreadableEvent) -> String? { try eventJSON(event) }
}

/// One command of a category.
public struct CommandDefinition: Sendable {
    /// Kebab case, as in its URL.
    public let name: String
    /// JSON Schema of its body.
    public let jsonSchema: String
    /// Reads its JSON body.
    public let parse: @Sendable (Bytes) throws(InvalidField) -> CommandPayload
}

/// What a command asks for, bound to the decider that decides it.
public struct CommandPayload: Sendable {
    /// Whose decider it is bound to: it can be decided on streams of this category only.
    public let category: String
    public let digest: CommandDigest
    let decide: @Sendable (StreamState) -> Decision
}

/// SHA-256 over a command's name and canonical payload: tells a repeated command from a reused id.
public struct CommandDigest: Hashable, Sendable {
    let bytes: Bytes

    init(bytes: Bytes) { self.bytes = bytes }

    init(name: String, canonical: [UInt8]) {
        var hash = SHA256()
        hash.update(data: Array(name.utf8))
        hash.update(data: [0])
        hash.update(data: canonical)
        bytes = Bytes(hash.finalize())
    }
}
