import EventModel
import WriteModel

/// The state of a simulated stream: how many events it has, and a hash over all of them in order.
struct TallyState: Hashable, Sendable {
    var count: Int64 = 0
    var hash: UInt64 = 0x84222325_cbf29ce4
}

enum TallyCommand: Hashable, Sendable {
    /// Always decides so many events, with so much padding each.
    case add(value: UInt64, events: Int, padding: Int)
    /// Refused while the hash is odd.
    case addWhenEven(value: UInt64)
    /// Decides nothing while the hash is odd.
    case addUnlessOdd(value: UInt64)

    /// The bytes of the events that it decides, at the most.
    var largestEvents: Int {
        switch self {
        case .add(_, let events, let padding): events * (24 + padding * 8)
        case .addWhenEven, .addUnlessOdd: 24
        }
    }
}

/// Carries the state that it was decided on, so that the log itself shows whether that was right.
struct TallyEvent: Hashable, Sendable {
    static let type: EventType = "tally.added.v1"

    let basis: TallyState
    let value: UInt64
    var padding = 0
}

/// The simulator's domain: whatever it decides depends on every event before it.
struct TallyDecider: Decider {
    enum Refusal: String, DomainRefusal { case odd }

    let initial = TallyState()

    func decide(_ command: TallyCommand, _ state: TallyState) throws(Refusal) -> [TallyEvent] {
        switch command {
        case .add(let value, let events, let padding):
            return Array(repeating: TallyEvent(basis: state, value: value, padding: padding), count: events)
        case .addWhenEven(let value):
            guard state.hash & 1 == 0 else { throw .odd }
            return [TallyEvent(basis: state, value: value)]
        case .addUnlessOdd(let value):
            return state.hash & 1 == 0 ? [TallyEvent(basis: state, value: value)] : []
        }
    }

    func evolve(_ state: inout TallyState, _ event: TallyEvent) {
        state.count += 1
        var hash = (state.hash ^ event.basis.hash) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ event.value ^ UInt64(bitPattern: event.basis.count)) &* 0xBF58_476D_1CE4_E5B9
        state.hash = hash ^ (hash >> 29)
    }
}

extension TallyDecider {
    static let categoryName = "tally"

    static let category = Category(
        categoryName, decider: TallyDecider(), foldVersion: 1, commands: [command], events: events, state: state)

    /// The payload that the category's own codec makes of a command.
    static func payload(_ command: TallyCommand) -> CommandPayload? {
        try? category.command("tally")?.parse(bytes(command))
    }

    /// The fold of a stored event onto a state, and the state that it was decided on.
    static func fold(_ event: EncodedEvent, onto state: inout TallyState) -> TallyState? {
        guard let decoded = decode(event) else { return nil }
        TallyDecider().evolve(&state, decoded)
        return decoded.basis
    }

    static func state(_ bytes: Bytes) -> TallyState? {
        guard let words = words(bytes), words.count == 2 else { return nil }
        return TallyState(count: Int64(bitPattern: words[0]), hash: words[1])
    }

    private static let command = CommandCodec<TallyCommand>(name: "tally", jsonSchema: "{}") { body throws(InvalidField) in
        guard let words = words(body), words.count == 4 else { throw InvalidField(field: nil, reason: "not four words") }
        let command: TallyCommand =
            switch words[0] {
            case 0: .add(value: words[1], events: Int(words[2]), padding: Int(words[3]))
            case 1: .addWhenEven(value: words[1])
            default: .addUnlessOdd(value: words[1])
            }
        return ParsedCommand(command: command, canonical: Array(body))
    }

    private static let events = EventCodec<TallyEvent>(
        types: [TallyEvent.type],
        encode: { event in
            var data = bytes(UInt64(bitPattern: event.basis.count), event.basis.hash, event.value)
            if event.padding > 0 { data.append(contentsOf: repeatElement(0, count: event.padding * 8)) }
            return EncodedEvent(type: TallyEvent.type, data: data[...])
        },
        decode: { event throws(UnreadableEvent) in
            guard event.type == TallyEvent.type else { return nil }
            guard let decoded = decode(event) else { throw UnreadableEvent(type: event.type, reason: "not three words") }
            return decoded
        },
        json: { _ throws(UnreadableEvent) in "{}" })

    private static let state = StateCodec<TallyState>(
        encode: { bytes(UInt64(bitPattern: $0.count), $0.hash)[...] },
        decode: { bytes in
            guard let state = TallyDecider.state(bytes) else {
                throw InvalidField(field: nil, reason: "not two words")
            }
            return state
        },
        json: { "{\"count\":\($0.count)}" })

    private static func bytes(_ command: TallyCommand) -> Bytes {
        switch command {
        case .add(let value, let events, let padding): bytes(0, value, UInt64(events), UInt64(padding))[...]
        case .addWhenEven(let value): bytes(1, value, 0, 0)[...]
        case .addUnlessOdd(let value): bytes(2, value, 0, 0)[...]
        }
    }

    private static func decode(_ event: EncodedEvent) -> TallyEvent? {
        guard let words = words(event.data), words.count >= 3 else { return nil }
        return TallyEvent(
            basis: TallyState(count: Int64(bitPattern: words[0]), hash: words[1]), value: words[2], padding: words.count - 3)
    }

    private static func bytes(_ words: UInt64...) -> [UInt8] { words.withUnsafeBytes { Array($0) } }

    private static func words(_ bytes: Bytes) -> [UInt64]? {
        guard bytes.count % 8 == 0 else { return nil }
        return bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
    }
}
