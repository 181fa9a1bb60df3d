import EventModel
import WriteModel

/// A domain as small as can be: a stream counts.
struct CounterDecider: Decider {
    enum Command: Equatable {
        /// So many events.
        case add(Int)
        /// One event of so many bytes.
        case addLarge(Int)
        /// One event, unless the stream has that many already: then refused.
        case addBelow(Int)
        case nothing
    }

    enum Refusal: String, DomainRefusal { case full }

    let initial = 0

    func decide(_ command: Command, _ count: Int) throws(Refusal) -> [Int] {
        switch command {
        case .add(let events): return Array(repeating: 1, count: events)
        case .addLarge(let size): return [size]
        case .addBelow(let limit):
            guard count < limit else { throw .full }
            return [1]
        case .nothing: return []
        }
    }

    func evolve(_ count: inout Int, _ event: Int) { count += 1 }

    static let category = Category(
        "counter", decider: CounterDecider(), foldVersion: 1, commands: [codec],
        events: EventCodec(
            types: ["counter.added.v1"],
            encode: { size in EncodedEvent(type: "counter.added.v1", data: Bytes(repeating: 0, count: size)) },
            decode: { event throws(UnreadableEvent) in event.data.count },
            json: { _ throws(UnreadableEvent) in "{}" }),
        state: StateCodec(encode: { [UInt8($0)] }, decode: { Int($0.first ?? 0) }, json: { "\($0)" }))

    private static let codec = CommandCodec<Command>(name: "do", jsonSchema: "{}") { body throws(InvalidField) in
        let amount = Int(body.last ?? 0)
        let command: Command =
            switch body.first {
            case 0: .add(amount)
            case 1: .addLarge(amount)
            case 2: .addBelow(amount)
            default: .nothing
            }
        return ParsedCommand(command: command, canonical: Array(body))
    }

    static func payload(_ command: Command) throws -> CommandPayload {
        let body: Bytes =
            switch command {
            case .add(let amount): [0, UInt8(amount)]
            case .addLarge(let amount): [1, UInt8(amount)]
            case .addBelow(let amount): [2, UInt8(amount)]
            case .nothing: [3]
            }
        guard let definition = category.command("do") else { throw InvalidField(field: nil, reason: "no such command") }
        return try definition.parse(body)
    }
}
