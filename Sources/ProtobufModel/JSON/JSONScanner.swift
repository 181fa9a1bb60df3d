import EventModel

/// Reads JSON (RFC 8259) strictly and only tells where values begin and end. It serves to say what is wrong with a body, so it keeps
/// the body's own bytes and builds nothing up.
struct JSONScanner {
    /// Deeper nesting is a fault, so that a hostile body cannot exhaust the stack.
    static let maximumDepth = 100

    struct Fault: Error {
        /// Counted from 0 at the start of what is scanned.
        let offset: Int
        let reason: String
    }

    private let bytes: Bytes
    private(set) var index: Int

    init(_ bytes: Bytes) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// The one value that `bytes` consist of.
    static func document(_ bytes: Bytes) throws(Fault) -> JSONValue {
        var scanner = JSONScanner(bytes)
        let value = try scanner.value()
        scanner.skipSpace()
        guard scanner.peek == nil else { throw scanner.fault("something follows the end") }
        return value
    }

    mutating func value(depth: Int = 0) throws(Fault) -> JSONValue {
        skipSpace()
        guard depth <= Self.maximumDepth else { throw fault("nested deeper than \(Self.maximumDepth) levels") }
        let start = index
        let kind: JSONValue.Kind
        switch peek {
        case UInt8(ascii: "{"):
            kind = .object
            try sequence(closedBy: UInt8(ascii: "}")) { (scanner) throws(Fault) in
                _ = try scanner.member(depth: depth + 1)
            }
        case UInt8(ascii: "["):
            kind = .array
            try sequence(closedBy: UInt8(ascii: "]")) { (scanner) throws(Fault) in
                _ = try scanner.value(depth: depth + 1)
            }
        case UInt8(ascii: "\""):
            kind = .string
            try string()
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte):
            kind = .number
            try number()
        default:
            kind = .literal
            guard ["true", "false", "null"].contains(where: { take($0) }) else { throw fault("no JSON value") }
        }
        return JSONValue(kind: kind, text: bytes[start..<index])
    }

    mutating func member(depth: Int = 0) throws(Fault) -> JSONMember {
        skipSpace()
        let start = index
        try string()
        let name = bytes[start..<index]
        skipSpace()
        guard take(":") else { throw fault("':' is missing") }
        let value = try value(depth: depth)
        return JSONMember(rawName: name, text: bytes[start..<index], value: value)
    }

    /// From an opening bracket to its closing one, `item` for each item between commas.
    mutating func sequence(closedBy close: UInt8, _ item: (inout JSONScanner) throws(Fault) -> Void) throws(Fault) {
        index += 1
        skipSpace()
        if peek != close {
            repeat {
                try item(&self)
                skipSpace()
            } while take(",")
        }
        guard peek == close else { throw fault("',' or '\(Character(UnicodeScalar(close)))' is missing") }
        index += 1
    }

    private mutating func string() throws(Fault) {
        guard take("\"") else { throw fault("a name in quotes is missing") }
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return
            case 0..<0x20:
                throw fault("a control character in a string")
            case UInt8(ascii: "\\"):
                index += 1
                guard let escaped = peek, "\"\\/bfnrtu".utf8.contains(escaped) else { throw fault("an unknown escape in a string") }
                index += 1
                guard escaped == UInt8(ascii: "u") else { continue }
                for _ in 0..<4 {
                    guard let digit = peek, Character(UnicodeScalar(digit)).isHexDigit else { throw fault("four hex digits are missing") }
                    index += 1
                }
            default:
                index += 1
            }
        }
        throw fault("a string does not end")
    }

    private mutating func number() throws(Fault) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try digits()
        }
    }

    private mutating func digits() throws(Fault) {
        guard let first = peek, isDigit(first) else { throw fault("a digit is missing") }
        while let byte = peek, isDigit(byte) { index += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func take(_ text: StaticString) -> Bool {
        let end = index + text.utf8CodeUnitCount
        guard end <= bytes.endIndex else { return false }
        let matches = text.withUTF8Buffer { $0.elementsEqual(bytes[index..<end]) }
        if matches { index = end }
        return matches
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte), byte != 0x0B, byte != 0x0C { index += 1 }
    }

    private func fault(_ reason: String) -> Fault {
        Fault(offset: index - bytes.startIndex, reason: index == bytes.endIndex ? "it ends too soon" : reason)
    }
}
