import NIOCore

/// A JSON document as a tree, for what is written once. Members keep their order.
enum JSONValue: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral
{
    case object([(String, JSONValue)])
    case array([JSONValue])
    case string(String)
    case integer(Int64)
    case bool(Bool)
    /// A text that is JSON already.
    case raw(String)

    init(stringLiteral text: String) { self = .string(text) }
    init(booleanLiteral flag: Bool) { self = .bool(flag) }
    init(integerLiteral number: Int64) { self = .integer(number) }

    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue { .object(members.map { ($0.key, $0.value) }) }

    var buffer: ByteBuffer {
        var text = JSONText(capacity: 16 * 1024)
        write(to: &text)
        return text.buffer
    }

    private func write(to text: inout JSONText) {
        switch self {
        case .object(let members):
            text.raw("{")
            for (index, member) in members.enumerated() {
                if index > 0 { text.raw(",") }
                text.string(member.0)
                text.raw(":")
                member.1.write(to: &text)
            }
            text.raw("}")
        case .array(let elements):
            text.raw("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { text.raw(",") }
                element.write(to: &text)
            }
            text.raw("]")
        case .string(let string): text.string(string)
        case .integer(let number): text.integer(number)
        case .bool(let flag): text.bool(flag)
        case .raw(let json): text.json(json)
        }
    }
}
