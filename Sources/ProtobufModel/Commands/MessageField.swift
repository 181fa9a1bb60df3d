import EventModel
public import SwiftProtobuf

/// One field of a command's message: its JSON name, what is demanded of it, and how it is described to others. Checks and JSON Schema
/// come from this one place.
///
/// These are demands on form, answered with ``InvalidField``. Rules of the domain belong to its decider, which refuses by name.
public struct MessageField<M: Sendable>: Sendable {
    let name: String
    let isRequired: Bool
    /// A JSON Schema (2020-12).
    let schema: String
    let check: @Sendable (M) throws(InvalidField) -> Void

    /// Text of so many characters (Unicode scalars, as JSON Schema counts). It is required where `length` does not hold 0.
    public static func text(
        _ name: String, _ value: @escaping @Sendable (M) -> String, length: ClosedRange<Int>, form: TextForm? = nil
    ) -> MessageField {
        text(name, isRequired: length.lowerBound > 0, { value($0) }, length: length, form: form)
    }

    /// Text that may be absent, but is of so many characters where it is there.
    public static func text(
        _ name: String, ifPresent isPresent: @escaping @Sendable (M) -> Bool, _ value: @escaping @Sendable (M) -> String,
        length: ClosedRange<Int>, form: TextForm? = nil
    ) -> MessageField {
        text(name, isRequired: false, { isPresent($0) ? value($0) : nil }, length: length, form: form)
    }

    /// A 32-bit whole number; 0 where absent.
    public static func int32(_ name: String, description: String = "") -> MessageField {
        let schema = JSONSchema.object(("type", "\"integer\""), ("format", "\"int32\""), ("description", JSONSchema.text(description)))
        return MessageField(name: name, isRequired: false, schema: schema) { _ in }
    }

    /// A 64-bit whole number, in JSON a string or a number; 0 where absent.
    public static func int64(_ name: String, description: String = "") -> MessageField {
        let schema = JSONSchema.object(
            ("type", #"["string","integer"]"#), ("format", "\"int64\""), ("pattern", #""^-?[0-9]+$""#),
            ("description", JSONSchema.text(description)))
        return MessageField(name: name, isRequired: false, schema: schema) { _ in }
    }

    /// A required instant of the years 0001 to 9999.
    public static func timestamp(
        _ name: String, ifPresent isPresent: @escaping @Sendable (M) -> Bool,
        _ value: @escaping @Sendable (M) -> Google_Protobuf_Timestamp
    ) -> MessageField {
        let schema = JSONSchema.object(("type", "\"string\""), ("format", "\"date-time\""))
        return MessageField(name: name, isRequired: true, schema: schema) { message throws(InvalidField) in
            guard isPresent(message) else { throw InvalidField(field: name, reason: "required") }
            let value = value(message)
            guard Timestamp(seconds: value.seconds, nanoseconds: value.nanos) != nil else {
                throw InvalidField(field: name, reason: "out of range: expected a time of the years 0001 to 9999")
            }
        }
    }

    /// A list of messages, each held to `fields`. That the list may be empty or not is the domain's to say.
    public static func list<Element>(
        _ name: String, _ value: @escaping @Sendable (M) -> [Element], of fields: [MessageField<Element>]
    ) -> MessageField {
        let schema = JSONSchema.object(("type", "\"array\""), ("items", JSONSchema.of(fields)))
        return MessageField(name: name, isRequired: false, schema: schema) { message throws(InvalidField) in
            for (index, element) in value(message).enumerated() {
                for field in fields {
                    do throws(InvalidField) {
                        try field.check(element)
                    } catch {
                        throw InvalidField(field: "\(name)[\(index)].\(error.field ?? field.name)", reason: error.reason)
                    }
                }
            }
        }
    }

    private static func text(
        _ name: String, isRequired: Bool, _ value: @escaping @Sendable (M) -> String?, length: ClosedRange<Int>, form: TextForm?
    ) -> MessageField {
        let schema = JSONSchema.object(
            ("type", "\"string\""), ("minLength", length.lowerBound > 0 ? String(length.lowerBound) : ""),
            ("maxLength", String(length.upperBound)), ("pattern", JSONSchema.text(form?.pattern ?? "")))
        return MessageField(name: name, isRequired: isRequired, schema: schema) { message throws(InvalidField) in
            guard let value = value(message) else { return }
            if value.isEmpty, isRequired { throw InvalidField(field: name, reason: "required") }
            // A character is at least one byte, so most texts need no counting.
            if value.isEmpty || value.utf8.count > length.upperBound || length.lowerBound > 1 {
                guard length.contains(value.unicodeScalars.count) else {
                    throw InvalidField(field: name, reason: "expected \(length.lowerBound) to \(length.upperBound) characters")
                }
            }
            if let form, !form.matches(value) { throw InvalidField(field: name, reason: "expected \(form.description)") }
        }
    }
}
