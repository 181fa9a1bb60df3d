import Foundation

/// A JSON value to look into: what is not there is null.
enum JSON: Equatable, Sendable, Encodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Not by a `Decoder`, which takes six times as long to find out what there is: fleets have thousands of events and answers.
    init(_ text: String) throws {
        self = Self.value(of: try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed))
    }

    private static func value(of object: Any) -> JSON {
        switch object {
        case let text as String: .string(text)
        case let members as [String: Any]: .object(members.mapValues(value))
        case let elements as [Any]: .array(elements.map(value))
        // Its only way to tell `true` from 1.
        case let number as NSNumber where String(cString: number.objCType) == "c": .bool(number.boolValue)
        case let number as NSNumber: .number(number.doubleValue)
        default: .null
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    subscript(name: String) -> JSON { if case .object(let members) = self { members[name] ?? .null } else { .null } }
    subscript(index: Int) -> JSON { elements.indices.contains(index) ? elements[index] : .null }

    var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }
    var names: Set<String> { if case .object(let members) = self { Set(members.keys) } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int? { if case .number(let number) = self { Int(exactly: number) } else { nil } }
    var isTrue: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// An int64, which protobuf's JSON writes as a string.
    var micros: Int64? { text.flatMap { Int64($0) } }
}
