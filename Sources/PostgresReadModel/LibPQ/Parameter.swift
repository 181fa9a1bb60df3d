/// A statement's parameter in binary form. Values reach the server only so, never as SQL.
struct Parameter: Sendable {
    let type: PostgresType
    /// Nil for NULL.
    let bytes: [UInt8]?

    init(_ type: PostgresType, _ bytes: [UInt8]?) {
        self.type = type
        self.bytes = bytes
    }

    /// Must have no NUL, which the server refuses.
    static func text(_ text: String?) -> Parameter { Parameter(.text, text.map { Array($0.utf8) }) }
    static func bigint(_ number: Int64?) -> Parameter { Parameter(.bigint, number.map(bytes)) }
    static func integer(_ number: Int32) -> Parameter { Parameter(.integer, bytes(number)) }

    static func numeric(_ number: Int128?) -> Parameter {
        guard let number else { return Parameter(.numeric, nil) }
        var buffer = BinaryBuffer()
        buffer.append(numeric: number)
        return Parameter(.numeric, buffer.bytes)
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    static func texts(_ texts: some Sequence<String>) -> Parameter { self.texts(orNull: texts.lazy.map { $0 }) }
    static func texts(orNull texts: some Sequence<String?>) -> Parameter {
        array(.textArray, of: .text, texts) { $0.appendField($1) }
    }

    static func bigints(_ numbers: some Sequence<Int64>) -> Parameter { bigints(orNull: numbers.lazy.map { $0 }) }
    static func bigints(orNull numbers: some Sequence<Int64?>) -> Parameter {
        array(.bigintArray, of: .bigint, numbers) { $0.appendField($1) }
    }

    static func numerics(orNull numbers: some Sequence<Int128?>) -> Parameter {
        array(.numericArray, of: .numeric, numbers) { $0.appendField(numeric: $1) }
    }

    static func integers(_ numbers: some Sequence<Int32>) -> Parameter {
        array(.integerArray, of: .integer, numbers.lazy.map { $0 }) { $0.appendField($1) }
    }

    /// One dimension counted from 1, as `array_recv` reads it.
    private static func array<Element>(
        _ type: PostgresType, of element: PostgresType, _ values: some Sequence<Element?>, _ append: (inout BinaryBuffer, Element) -> Void
    ) -> Parameter {
        var buffer = BinaryBuffer()
        buffer.append(1 as Int32)
        buffer.append(0 as Int32)
        buffer.append(element.rawValue)
        buffer.append(0 as Int32)
        buffer.append(1 as Int32)
        var count: Int32 = 0
        var hasNulls = false
        for value in values {
            if let value {
                append(&buffer, value)
            } else {
                buffer.appendNull()
                hasNulls = true
            }
            count += 1
        }
        if count == 0 { return Parameter(type, empty(element)) }
        buffer.replace(at: 4, with: hasNulls ? 1 : 0)
        buffer.replace(at: 12, with: count)
        return Parameter(type, buffer.bytes)
    }

    private static func empty(_ element: PostgresType) -> [UInt8] {
        var buffer = BinaryBuffer()
        buffer.append(0 as Int32)
        buffer.append(0 as Int32)
        buffer.append(element.rawValue)
        return buffer.bytes
    }
}

/// SQL with its parameters.
struct Statement: Sendable {
    let sql: String
    let parameters: [Parameter]

    init(_ sql: String, _ parameters: [Parameter] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}
