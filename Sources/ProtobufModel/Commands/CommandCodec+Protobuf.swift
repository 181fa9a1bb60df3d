public import EventModel
public import SwiftProtobuf

extension CommandCodec {
    /// A command whose body is `message` in protobuf's JSON mapping. Fields that are unknown or there twice are errors, and so are NUL
    /// characters in text, which PostgreSQL cannot keep; an empty body is `{}`. Times are RFC 3339 in all its forms.
    ///
    /// ```swift
    /// .protobuf("place", PlaceOrder.self, fields: PlaceOrder.fields, OrderCommand.place)
    /// ```
    /// - Parameters:
    ///   - fields: All fields of the message with what is demanded of each; the JSON Schema is made of them, and others are unknown.
    ///   - make: The command of a message that has passed; it may refuse what concerns several fields.
    public static func protobuf<M: Message>(
        _ name: String, _ message: M.Type, fields: [MessageField<M>],
        _ make: @escaping @Sendable (M) throws(InvalidField) -> Command
    ) -> CommandCodec {
        let shape = BodyShape(fields: fields.map(\.shape))
        return CommandCodec(name: name, jsonSchema: JSONSchema.of(fields)) { body throws(InvalidField) in
            let message = try M(commandBody: body, shape)
            for field in fields { try field.check(message) }
            return ParsedCommand(command: try make(message), canonical: Array(name.utf8) + [0] + message.deterministicBytes)
        }
    }
}

extension Message {
    static var jsonOptions: JSONDecodingOptions {
        var options = JSONDecodingOptions()
        options.messageDepthLimit = JSONScanner.maximumDepth
        return options
    }

    fileprivate init(commandBody body: Bytes, _ shape: BodyShape) throws(InvalidField) {
        if body.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) {
            self.init()
            return
        }
        let body = try BodyScan.decodable(body, by: shape)
        do {
            try self.init(jsonUTF8Bytes: SharedBytes(body), options: Self.jsonOptions)
        } catch {
            throw BodyDiagnosis<Self>(body).finding(for: error)
        }
    }
}
