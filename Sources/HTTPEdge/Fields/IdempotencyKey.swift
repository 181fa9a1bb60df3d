import EventModel

/// `Idempotency-Key`: bare, as `k7`, or a string of structured fields, as `"k7"` (draft-ietf-httpapi-idempotency-key-header; RFC 9651,
/// section 3.3.3). Both mean the command id `k7`.
extension CommandID {
    /// Nil where `field` is no key, or its command id has none of the allowed forms.
    init?(field: String) {
        guard field.utf8.first == UInt8(ascii: "\"") else {
            self.init(field)
            return
        }
        guard let text = StructuredField.string(field) else { return nil }
        self.init(text)
    }

    /// As answers and forwarded requests bear it: bare, but for an id that begins with a quote and would be taken for a string.
    var field: String {
        guard description.utf8.first == UInt8(ascii: "\"") else { return description }
        return description.reduce(into: "\"") { text, character in
            if character == "\"" || character == "\\" { text.append("\\") }
            text.append(character)
        } + "\""
    }
}

/// Structured fields (RFC 9651).
enum StructuredField {
    /// The text of an item that is a string, whose parameters are ignored; nil where `field` is none.
    static func string(_ field: String) -> String? {
        var rest = field.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return areParameters(rest) ? String(decoding: text, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else { return nil }
                text.append(escaped)
            case 0x20..<0x7F: text.append(byte)
            default: return nil
            }
        }
        return nil
    }

    /// Whether all of `rest` is parameters: `;key`, `;key=value`. A value is not looked into beyond where it ends.
    private static func areParameters(_ rest: Substring.UTF8View) -> Bool {
        let parts = Substring(rest).split(outsideQuotes: ";")
        guard parts.first?.isEmpty == true else { return false }
        return parts.dropFirst().allSatisfy { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = sides.first, key.isToken, key.utf8.first.map(isKeyStart) == true else { return false }
            guard let value = sides.dropFirst().first else { return true }
            return value.utf8.first == UInt8(ascii: "\"")
                ? string(String(value)) != nil
                : !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
        }
    }

    private static func isKeyStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "*")
    }
}
