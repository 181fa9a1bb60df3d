import EventModel
import Foundation
import WriteModel

/// A bank account: the smallest domain with every kind of answer.
struct Account: Decider {
    enum Command: Sendable {
        case open(owner: String)
        case deposit(amount: Int64)
        /// Decides no events.
        case touch
    }

    enum Event: Sendable, Equatable {
        case opened(owner: String)
        case deposited(amount: Int64)
    }

    enum Refusal: String, DomainRefusal {
        case alreadyOpen = "account-already-open"
        case notOpen = "account-not-open"
        case amountTooLarge = "amount-too-large"

        var explanation: String { self == .amountTooLarge ? "the balance would be more than an account can hold" : "" }
    }

    struct State: Sendable, Codable {
        var owner: String?
        var balance: Int64 = 0
    }

    let initial = State()

    func decide(_ command: Command, _ state: State) throws(Refusal) -> [Event] {
        switch command {
        case .open(let owner):
            guard state.owner == nil else { throw .alreadyOpen }
            return [.opened(owner: owner)]
        case .deposit(let amount):
            guard state.owner != nil else { throw .notOpen }
            guard !state.balance.addingReportingOverflow(amount).overflow else { throw .amountTooLarge }
            return [.deposited(amount: amount)]
        case .touch: return []
        }
    }

    func evolve(_ state: inout State, _ event: Event) {
        switch event {
        case .opened(let owner): state.owner = owner
        case .deposited(let amount): state.balance += amount
        }
    }
}

extension Account {
    static func category(_ name: String = "account") -> WriteModel.Category {
        WriteModel.Category(
            name, decider: Account(), foldVersion: 1,
            commands: [
                command(
                    "open", #"{"type":"object","properties":{"owner":{"type":"string"}},"required":["owner"],"additionalProperties":false}"#
                ) {
                    fields throws(InvalidField) in
                    guard let owner = fields["owner"] else { throw InvalidField(field: "owner", reason: "it is missing") }
                    guard let owner = owner as? String else { throw InvalidField(field: "owner", reason: "it must be a string") }
                    return .open(owner: owner)
                },
                command(
                    "deposit", #"{"type":"object","properties":{"amount":{"type":"integer","minimum":0}},"additionalProperties":false}"#
                ) {
                    fields throws(InvalidField) in
                    guard let amount = fields["amount"] as? Int64 else {
                        throw InvalidField(field: "amount", reason: "it must be a whole number")
                    }
                    guard amount >= 0 else { throw InvalidField(field: "amount", reason: "it must not be negative") }
                    return .deposit(amount: amount)
                },
                command("touch", #"{"type":"object","additionalProperties":false}"#) { _ in .touch },
            ],
            events: EventCodec(
                types: ["account.opened.v1", "account.deposited.v1"],
                encode: { event in
                    switch event {
                    case .opened(let owner): EncodedEvent(type: "account.opened.v1", data: Bytes(owner.utf8))
                    case .deposited(let amount): EncodedEvent(type: "account.deposited.v1", data: Bytes(String(amount).utf8))
                    }
                },
                decode: { encoded throws(UnreadableEvent) in try event(encoded) },
                json: { encoded throws(UnreadableEvent) in
                    switch try event(encoded) {
                    case .opened(let owner): String(decoding: try! JSONEncoder().encode(["owner": owner]), as: UTF8.self)
                    case .deposited(let amount): "{\"amount\":\(amount)}"
                    case nil: nil
                    }
                }),
            state: StateCodec(
                encode: { Bytes(try! JSONEncoder().encode($0)) },
                decode: { try JSONDecoder().decode(State.self, from: Data($0)) },
                json: { "{\"owner\":\"\($0.owner ?? "")\",\"balance\":\($0.balance)}" }))
    }

    private static func command(
        _ name: String, _ schema: String, _ read: @escaping @Sendable ([String: any Sendable]) throws(InvalidField) -> Command
    ) -> CommandCodec<Command> {
        CommandCodec(name: name, jsonSchema: schema) { body throws(InvalidField) in
            let value: Any
            do {
                value = body.isEmpty ? [String: Any]() : try JSONSerialization.jsonObject(with: Data(body))
            } catch {
                throw InvalidField(field: nil, reason: "the body is not JSON")
            }
            guard let object = value as? [String: Any] else { throw InvalidField(field: nil, reason: "the body is not a JSON object") }
            var fields: [String: any Sendable] = [:]
            for (key, value) in object {
                guard schema.contains("\"\(key)\"") else { throw InvalidField(field: key, reason: "there is no such field") }
                if let text = value as? String {
                    fields[key] = text
                } else if let number = value as? Int64 {
                    fields[key] = number
                } else {
                    fields[key] = false
                }
            }
            return ParsedCommand(command: try read(fields), canonical: Array("\(name) \(fields.sorted { $0.key < $1.key })".utf8))
        }
    }

    private static func event(_ encoded: EncodedEvent) throws(UnreadableEvent) -> Event? {
        let text = String(decoding: encoded.data, as: UTF8.self)
        switch encoded.type {
        case "account.opened.v1": return .opened(owner: text)
        case "account.deposited.v1":
            guard let amount = Int64(text) else { throw UnreadableEvent(type: encoded.type, reason: "secret bytes of another tenant") }
            return .deposited(amount: amount)
        default: return nil
        }
    }
}

extension Account {
    static func categoryWithEventsCommand() -> WriteModel.Category {
        WriteModel.Category(
            "account", decider: Account(), foldVersion: 1,
            commands: [
                CommandCodec(name: "events", jsonSchema: "{}") { _ throws(InvalidField) in ParsedCommand(command: .touch, canonical: []) }
            ],
            events: EventCodec(
                types: [], encode: { _ in EncodedEvent(type: "x", data: []) }, decode: { _ throws(UnreadableEvent) in nil },
                json: { _ throws(UnreadableEvent) in nil }),
            state: StateCodec(encode: { _ in [] }, decode: { _ in State() }, json: { _ in "{}" }))
    }
}
