import EventModel

/// A command's declared fields, as far as reading a body goes by them.
struct BodyShape: Sendable {
    enum Kind: Sendable {
        /// Texts and numbers: the decoder's alone.
        case plain
        /// An RFC 3339 text.
        case time
        case list(BodyShape)
    }

    struct Field: Sendable {
        let name: String
        let kind: Kind
        fileprivate let utf8: [UInt8]

        init(_ name: String, _ kind: Kind) {
            self.name = name
            self.kind = kind
            utf8 = Array(name.utf8)
        }
    }

    let fields: [Field]

    /// The field that a member's name means; nil where none is declared. Escapes do not matter, and a field has two names: its JSON name, and
    /// that of the `.proto` file (ProtoJSON's "JSON field names").
    ///
    /// - Parameter quoted: The name as it stands in well-formed JSON.
    func index(of quoted: Bytes) -> Int? {
        let name = quoted.dropFirst().dropLast()
        if let index = fields.firstIndex(where: { $0.utf8.count == name.count && $0.utf8.elementsEqual(name) }) { return index }
        guard let plain = quoted.unescaped else { return nil }
        let json = Self.jsonName(plain)
        return fields.firstIndex { $0.utf8 == json || $0.utf8 == plain }
    }

    /// What protobuf's compiler makes of a field's name where the `.proto` file gives no JSON name: `customerId` of `customer_id`.
    private static func jsonName(_ name: [UInt8]) -> [UInt8] {
        var json: [UInt8] = []
        var isAfterUnderscore = false
        for byte in name {
            if byte == UInt8(ascii: "_") {
                isAfterUnderscore = true
                continue
            }
            let isRaised = isAfterUnderscore && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            json.append(isRaised ? byte - 0x20 : byte)
            isAfterUnderscore = false
        }
        return json
    }
}
