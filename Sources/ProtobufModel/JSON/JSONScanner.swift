import EventModel

/// Reads JSON (RFC 8259) strictly and only tells where values begin and end. It keeps the body's own bytes and builds nothing up.
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
        try scanner.end()
        return value
    }

    /// - Parameter depth: how many objects and arrays it stands in.
    mutating func value(depth: Int = 0) throws(Fault) -> JSONValue {
        let kind = try kindOfNext(depth: depth)
        let start = index
        switch kind {
        case .object:
            var items = Items(closedBy: "}")
            while try next(&items) { _ = try member(depth: depth + 1) }
        case .array:
            var items = Items(closedBy: "]")
            while try next(&items) { _ = try value(depth: depth + 1) }
        case .string: try string()
        case .number: try number()
        case .literal:
            guard takeLiteral() else { throw fault("no JSON value") }
        }
        return JSONValue(kind: kind, text: bytes[start..<index])
    }

    /// Skips space; what comes then may turn out to be no such value.
    mutating func kindOfNext(depth: Int) throws(Fault) -> JSONValue.Kind {
        skipSpace()
        guard depth <= Self.maximumDepth else { throw fault("nested deeper than \(Self.maximumDepth) levels") }
        switch peek {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return .number
        default: return .literal
        }
    }

    mutating func member(depth: Int = 0) throws(Fault) -> JSONMember {
        skipSpace()
        let start = index
        let name = try name()
        let value = try value(depth: depth)
        return JSONMember(rawName: name, text: bytes[start..<index], value: value)
    }

    /// A member's name with its quotes; goes past its colon.
    mutating func name() throws(Fault) -> Bytes {
        skipSpace()
        let start = index
        try string()
        let name = bytes[start..<index]
        skipSpace()
        guard take(":") else { throw fault("':' is missing") }
        return name
    }

    /// Where the scanner is within an object or an array.
    struct Items {
        fileprivate let close: UInt8
        fileprivate var isOpen = false

        init(closedBy close: Unicode.Scalar) { self.close = UInt8(ascii: close) }
    }

    /// Goes past the opening bracket or a comma, to the next item; past the closing bracket where there is none.
    mutating func next(_ items: inout Items) throws(Fault) -> Bool {
        if !items.isOpen {
            items.isOpen = true
            index += 1
            skipSpace()
            if peek != items.close { return true }
        } else {
            skipSpace()
            if take(",") { return true }
            guard peek == items.close else { throw fault("',' or '\(Character(UnicodeScalar(items.close)))' is missing") }
        }
        index += 1
        return false
    }

    /// Throws where anything but space is left.
    mutating func end() throws(Fault) {
        skipSpace()
        guard peek == nil else { throw fault("something follows the end") }
    }

    private mutating func string() throws(Fault) {
        guard take("\"") else { throw fault("a name in quotes is missing") }
        skipPlainText()
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
            default: skipPlainText()
            }
        }
        throw fault("a string does not end")
    }

    /// To the next quote, backslash or control character: most of a body is such text.
    private mutating func skipPlainText() {
        let rest = bytes[index...]
        let isSpecial = { (byte: UInt8) in byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }
        index = rest.firstIndex(where: isSpecial) ?? rest.endIndex
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

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func takeLiteral() -> Bool {
        for literal in ["true", "false", "null"] where bytes[index...].starts(with: literal.utf8) {
            index += literal.utf8.count
            return true
        }
        return false
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte), byte != 0x0B, byte != 0x0C { index += 1 }
    }

    private func fault(_ reason: String) -> Fault {
        Fault(offset: index - bytes.startIndex, reason: index == bytes.endIndex ? "it ends too soon" : reason)
    }
}
