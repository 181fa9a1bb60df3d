public import EventModel

/// A stream's state with its type erased. Only the category that made it looks inside.
public struct StreamState: Sendable {
    let value: any Sendable

    init(_ value: any Sendable) { self.value = value }
}

/// What a decider said to a command.
public enum Decision: Sendable {
    /// The events as they will be stored, and the state after them. No events: nothing changes.
    case events([EncodedEvent], StreamState)
    case refused(Refusal)
}

/// A domain's no, as a value.
public struct Refusal: Hashable, Sendable {
    /// `order-already-placed`
    public let name: String
    public let explanation: String

    public init(name: String, explanation: String) {
        self.name = name
        self.explanation = explanation
    }
}

/// A decider and its codecs with their types erased: what the writer needs of a category.
struct StreamDecider: Sendable {
    let initial: StreamState
    let evolve: @Sendable (StreamState, [EncodedEvent]) throws -> StreamState
    let encode: @Sendable (StreamState) -> Bytes
    let decode: @Sendable (Bytes) throws -> StreamState
    let json: @Sendable (StreamState) throws -> String

    init<D: Decider>(_ decider: D, events: EventCodec<D.Event>, state: StateCodec<D.State>) {
        initial = StreamState(decider.initial)
        evolve = { current, encoded in
            var value = current.value as! D.State  // made by this very closure's category
            for event in encoded {
                guard let decoded = try events.decode(event) else {
                    throw UnreadableEvent(type: event.type, reason: "no such event type is registered for its category")
                }
                decider.evolve(&value, decoded)
            }
            return StreamState(value)
        }
        encode = { state.encode($0.value as! D.State) }
        decode = { StreamState(try state.decode($0)) }
        json = { try state.json($0.value as! D.State) }
    }
}
