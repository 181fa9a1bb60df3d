/// How one command is read from its JSON body.
public struct CommandCodec<Command: Sendable>: Sendable {
    /// The command's name in a URL, in kebab case: `place`.
    public let name: String
    /// Reads a JSON body (an empty body is `{}`).
    public let parse: @Sendable (Bytes) throws(InvalidField) -> ParsedCommand<Command>
    /// What the body looks like, as a JSON Schema (2020-12) text, for the OpenAPI document.
    public let jsonSchema: String

    public init(
        name: String,
        jsonSchema: String,
        parse: @escaping @Sendable (Bytes) throws(InvalidField) -> ParsedCommand<Command>
    ) {
        self.name = name
        self.jsonSchema = jsonSchema
        self.parse = parse
    }
}

/// A command together with its canonical form: two bodies that mean the same have the same canonical bytes, however they were
/// written, so a reused idempotency key can be told from a repeated request.
public struct ParsedCommand<Command: Sendable>: Sendable {
    public let command: Command
    public let canonical: [UInt8]

    public init(command: Command, canonical: [UInt8]) {
        self.command = command
        self.canonical = canonical
    }
}

/// A command body that is not the command's JSON.
public struct InvalidField: Error, Hashable, CustomStringConvertible {
    /// Where, as a path of JSON names: `lines[2].quantity`. Nil where the body as a whole is no JSON object.
    public let field: String?
    public let reason: String

    public init(field: String?, reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String { field.map { "\($0): \(reason)" } ?? reason }
}
