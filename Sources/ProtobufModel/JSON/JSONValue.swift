import EventModel

/// A value within a JSON text that ``JSONScanner`` has found well formed.
struct JSONValue {
    enum Kind {
        case object, array, string, number, literal
    }

    let kind: Kind
    /// As it stands in the body.
    let text: Bytes

    /// The members of an object, in order; none for anything else.
    var members: [JSONMember] {
        guard kind == .object else { return [] }
        var members: [JSONMember] = []
        var scanner = JSONScanner(text)
        try? scanner.sequence(closedBy: UInt8(ascii: "}")) { (scanner) throws(JSONScanner.Fault) in
            members.append(try scanner.member())
        }
        return members
    }

    /// The elements of an array, in order; none for anything else.
    var elements: [JSONValue] {
        guard kind == .array else { return [] }
        var elements: [JSONValue] = []
        var scanner = JSONScanner(text)
        try? scanner.sequence(closedBy: UInt8(ascii: "]")) { (scanner) throws(JSONScanner.Fault) in
            elements.append(try scanner.value())
        }
        return elements
    }

    /// Where a string with a NUL character is, as a path of names; nil where there is none.
    func pathOfNUL(_ path: String = "") -> String? {
        switch kind {
        case .string: return text.holdsEscapedNUL ? path : nil
        case .object:
            for member in members {
                let name = path.isEmpty ? member.name : "\(path).\(member.name)"
                if member.rawName.holdsEscapedNUL { return name }
                if let found = member.value.pathOfNUL(name) { return found }
            }
        case .array:
            for (index, element) in elements.enumerated() {
                if let found = element.pathOfNUL("\(path)[\(index)]") { return found }
            }
        case .number, .literal: break
        }
        return nil
    }
}

/// A member of an object within a well-formed JSON text.
struct JSONMember {
    /// With its quotes.
    let rawName: Bytes
    /// Name, colon and value.
    let text: Bytes
    let value: JSONValue

    /// For messages: escapes are left as they stand, and what is overlong is cut.
    var name: String {
        let name = String(decoding: rawName.dropFirst().dropLast(), as: UTF8.self)
        return name.count <= 64 ? name : name.prefix(64) + "…"
    }
}

extension Bytes {
    /// Whether a NUL character may be in some string of this JSON text: fast, and right whenever it says no.
    var mayHoldNUL: Bool {
        withUnsafeBytes { bytes in
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte == 0 { return true }
                if byte == UInt8(ascii: "\\"), bytes.count - index >= 6, bytes[index + 1] == UInt8(ascii: "u"),
                    bytes[(index + 2)..<(index + 6)].allSatisfy({ $0 == UInt8(ascii: "0") })
                {
                    return true
                }
                index += 1
            }
            return false
        }
    }

    /// Of a JSON string with its quotes.
    fileprivate var holdsEscapedNUL: Bool {
        var rest = self
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            rest = rest[backslash...]
            if rest.starts(with: #"\u0000"#.utf8) { return true }
            rest = rest.dropFirst(2)
        }
        return false
    }
}
