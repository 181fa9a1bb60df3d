import EventModel

/// A string of well-formed JSON, as it stands with its quotes.
extension Bytes {
    /// For messages: without the quotes, escapes as they stand, cut where it is overlong.
    var shownName: String {
        let name = String(decoding: dropFirst().dropLast(), as: UTF8.self)
        return name.count <= 64 ? name : name.prefix(64) + "…"
    }

    /// Whether it holds a NUL character, which only an escape can write.
    var holdsNUL: Bool {
        var rest = self
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            rest = rest[backslash...]
            if rest.starts(with: #"\u0000"#.utf8) { return true }
            rest = rest.dropFirst(2)
        }
        return false
    }

    /// The string's UTF-8 without quotes and escapes. Nil where an escape stands for no character: half a surrogate pair.
    var unescaped: [UInt8]? {
        var rest = dropFirst().dropLast()
        var plain: [UInt8] = []
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            plain += rest[..<backslash]
            rest = rest[(backslash + 1)...]
            guard let escaped = rest.popFirst() else { return nil }
            switch escaped {
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = rest.takeEscapedScalar() else { return nil }
                plain += Array(String(scalar).utf8)
            default: plain.append(escaped)
            }
        }
        return plain + rest
    }

    /// After `\u`: the four digits, and the escape of the other surrogate where it needs one.
    private mutating func takeEscapedScalar() -> Unicode.Scalar? {
        guard let first = takeCodeUnit() else { return nil }
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
        guard starts(with: #"\u"#.utf8) else { return nil }
        self = dropFirst(2)
        guard let second = takeCodeUnit(), UTF16.isTrailSurrogate(second) else { return nil }
        return Unicode.Scalar(0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF)))
    }

    private mutating func takeCodeUnit() -> UInt16? {
        defer { self = dropFirst(4) }
        return UInt16(String(decoding: prefix(4), as: UTF8.self), radix: 16)
    }
}
