import EventLog
import EventModel
import WriteModel

/// A domain as small as can be: a number that may not pass a limit.
struct TallyDecider: Decider {
    enum Command: Hashable { case add(Int), nothing }
    struct Added: Hashable { let amount: Int }
    enum Refusal: String, DomainRefusal { case beyondLimit = "beyond-limit" }

    let initial = 0

    func decide(_ command: Command, _ total: Int) throws(Refusal) -> [Added] {
        switch command {
        case .nothing: return []
        case .add(let amount):
            guard total + amount <= 100 else { throw .beyondLimit }
            return [Added(amount: amount)]
        }
    }

    func evolve(_ total: inout Int, _ event: Added) { total += event.amount }
}

extension Category {
    /// - Parameter readsEvents: whether it can read what it has stored.
    static func tally(foldVersion: Int = 1, readsEvents: Bool = true) -> Category {
        Category(
            "tally", decider: TallyDecider(), foldVersion: foldVersion,
            commands: [
                CommandCodec(name: "add", jsonSchema: "{}") { body throws(InvalidField) in
                    guard let amount = Int(String(decoding: body, as: UTF8.self)) else {
                        throw InvalidField(field: nil, reason: "not a number")
                    }
                    return ParsedCommand(command: .add(amount), canonical: Array(body))
                },
                CommandCodec(name: "do-nothing", jsonSchema: "{}") { body throws(InvalidField) in
                    ParsedCommand(command: .nothing, canonical: Array(body))
                },
            ],
            events: EventCodec(
                types: ["tally.added.v1"],
                encode: { EncodedEvent(type: "tally.added.v1", data: Bytes("\($0.amount)".utf8)) },
                decode: { event throws(UnreadableEvent) in
                    guard event.type == "tally.added.v1" else { return nil }
                    guard readsEvents, let amount = Int(String(decoding: event.data, as: UTF8.self)) else {
                        throw UnreadableEvent(type: event.type, reason: "not a number")
                    }
                    return TallyDecider.Added(amount: amount)
                },
                json: { event throws(UnreadableEvent) in String(decoding: event.data, as: UTF8.self) }),
            state: StateCodec(
                encode: { Bytes("\($0)".utf8) }, decode: { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }, json: { "\($0)" }))
    }
}

extension Command {
    static func add(_ amount: Int, to key: String, id: String, expected: ExpectedVersion = .any) throws -> Command {
        try named("add", "\(amount)", to: key, id: id, expected: expected)
    }

    static func named(_ name: String, _ body: String, to key: String, id: String, expected: ExpectedVersion = .any) throws -> Command {
        let definition = Category.tally().command(name)!
        return Command(
            id: CommandID(id)!, stream: try StreamID(category: "tally", key: key), payload: try definition.parse(Bytes(body.utf8)),
            expected: expected)
    }
}
