/// Puts JSON Schema texts together.
enum JSONSchema {
    /// An object of members that are JSON already; empty ones are left out.
    static func object(_ members: (name: String, json: String)...) -> String {
        "{" + members.filter { !$0.json.isEmpty && $0.json != "\"\"" }.map { "\(text($0.name)):\($0.json)" }.joined(separator: ",") + "}"
    }

    /// A JSON string.
    static func text(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ": quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Of an object with `fields` and no others.
    static func of<M>(_ fields: [MessageField<M>]) -> String {
        let properties = fields.map { "\(text($0.name)):\($0.schema)" }.joined(separator: ",")
        let required = fields.filter(\.isRequired).map { text($0.name) }.joined(separator: ",")
        return object(
            ("type", "\"object\""), ("properties", "{\(properties)}"), ("required", required.isEmpty ? "" : "[\(required)]"),
            ("additionalProperties", "false"))
    }

    /// The pattern of texts that hold no NUL character, which no command's text may.
    static let withoutNUL = #"^[^\u0000]*$"#
}
