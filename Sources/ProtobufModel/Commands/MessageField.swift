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
    let kind: BodyShape.Kind
    let check: @Sendable (M) throws(InvalidField) -> Void

    var shape: BodyShape.Field { BodyShape.Field(name, kind) }

    private init(
        _ name: String, isRequired: Bool = false, schema: String, _ kind: BodyShape.Kind = .plain,
        check: @escaping @Sendable (M) throws(InvalidField) -> Void = { _ in }
    ) {
        self.name = name
        self.isRequired = isRequired
        self.schema = schema
        self.kind = kind
        self.check = check
    }

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

    /// A 32-bit whole number, in JSON a number or a string of digits; 0 where absent.
    ///
    /// - Parameter domain: What the decider accepts, for the schema; the decider itself refuses the rest, by name.
    public static func int32(
        _ name: String, domain: ClosedRange<Int32> = .min ... .max, description: String = ""
    ) -> MessageField {
        number(name, "int32", Int64(domain.lowerBound)...Int64(domain.upperBound), description)
    }

    /// A 64-bit whole number, in JSON a number or a string of digits; 0 where absent.
    ///
    /// - Parameter domain: As ``int32(_:domain:description:)``.
    public static func int64(
        _ name: String, domain: ClosedRange<Int64> = .min ... .max, description: String = ""
    ) -> MessageField {
        number(name, "int64", domain, description)
    }

    /// A required instant of the years 0001 to 9999.
    public static func timestamp(
        _ name: String, ifPresent isPresent: @escaping @Sendable (M) -> Bool,
        _ value: @escaping @Sendable (M) -> Google_Protobuf_Timestamp
    ) -> MessageField {
        let schema = JSONSchema.object(
            ("type", "\"string\""), ("format", "\"date-time\""),
            ("description", JSONSchema.text("RFC 3339, of the years 0001 to 9999 in UTC.")))
        return MessageField(name, isRequired: true, schema: schema, .time) { message throws(InvalidField) in
            guard isPresent(message) else { throw InvalidField(field: name, reason: "required") }
            let value = value(message)
            guard Timestamp(seconds: value.seconds, nanoseconds: value.nanos) != nil else {
                throw InvalidField(field: name, reason: "out of range: expected a time of the years 0001 to 9999")
            }
        }
    }

    /// A list of messages, each held to `fields`.
    ///
    /// - Parameter minimum: How many the decider asks for, for the schema; the decider itself refuses fewer, by name.
    public static func list<Element>(
        _ name: String, _ value: @escaping @Sendable (M) -> [Element], of fields: [MessageField<Element>], minimum: Int = 0
    ) -> MessageField {
        let schema = JSONSchema.object(
            ("type", minimum > 0 ? "\"array\"" : #"["array","null"]"#), ("items", JSONSchema.of(fields)),
            ("minItems", minimum > 0 ? String(minimum) : ""))
        let shape = BodyShape(fields: fields.map(\.shape))
        return MessageField(name, isRequired: minimum > 0, schema: schema, .list(shape)) { message throws(InvalidField) in
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

    private static func number(_ name: String, _ format: String, _ range: ClosedRange<Int64>, _ description: String) -> MessageField {
        // Absent and null count as 0.
        let isRequired = !range.contains(0)
        let schema = JSONSchema.object(
            ("type", isRequired ? #"["integer","string"]"# : #"["integer","string","null"]"#), ("format", "\"\(format)\""),
            ("minimum", String(range.lowerBound)), ("maximum", String(range.upperBound)),
            ("pattern", JSONSchema.text(DecimalPattern.of(range))), ("description", JSONSchema.text(description)))
        return MessageField(name, isRequired: isRequired, schema: schema)
    }

    private static func text(
        _ name: String, isRequired: Bool, _ value: @escaping @Sendable (M) -> String?, length: ClosedRange<Int>, form: TextForm?
    ) -> MessageField {
        let schema = JSONSchema.object(
            ("type", isRequired ? "\"string\"" : #"["string","null"]"#),
            ("minLength", length.lowerBound > 0 ? String(length.lowerBound) : ""),
            ("maxLength", String(length.upperBound)), ("pattern", JSONSchema.text(form?.pattern ?? JSONSchema.withoutNUL)))
        return MessageField(name, isRequired: isRequired, schema: schema) { message throws(InvalidField) in
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
