extension Substring {
    /// Without the optional white space of RFC 9110 around it.
    var trimmingSpaces: Substring {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = utf8.firstIndex { !isSpace($0) } ?? endIndex
        let end = utf8[start...].lastIndex { !isSpace($0) }.map { utf8.index(after: $0) } ?? start
        return self[start..<end]
    }

    /// The parts between separators that stand outside of quoted strings (RFC 9110, sections 5.6.1 and 5.6.4), trimmed.
    func split(outsideQuotes separator: Unicode.Scalar) -> [Substring] {
        var parts: [Substring] = []
        var start = startIndex
        var isQuoted = false
        var isEscaped = false
        for index in utf8.indices {
            let byte = utf8[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, byte == UInt8(ascii: separator) {
                parts.append(self[start..<index].trimmingSpaces)
                start = utf8.index(after: index)
            }
        }
        parts.append(self[start...].trimmingSpaces)
        return parts
    }

}

extension String {
    var trimmingSpaces: Substring { self[...].trimmingSpaces }
    func split(outsideQuotes separator: Unicode.Scalar) -> [Substring] { self[...].split(outsideQuotes: separator) }
}

extension StringProtocol {
    /// Whether it is a token (RFC 9110, section 5.6.2).
    var isToken: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether it is one or more decimal digits.
    var isDigits: Bool { !isEmpty && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
}
