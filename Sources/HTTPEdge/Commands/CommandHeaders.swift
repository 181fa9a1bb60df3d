import EventModel
import HTTPTypes

/// What a command's headers say.
struct CommandHeaders: Sendable {
    let id: CommandID
    let expected: ExpectedVersion
    let correlationID: String?

    /// - Parameter makeID: makes the id of a command that brings none.
    init(_ headers: HTTPFields, makeID: () -> CommandID) throws(Problem) {
        if let key = headers[.idempotencyKey] {
            guard let id = CommandID(field: key) else {
                throw .malformed(
                    "Idempotency-Key",
                    "an idempotency key is 1 to \(CommandID.maximumLength) visible ASCII characters, bare or as one string in double quotes"
                )
            }
            self.id = id
        } else {
            id = makeID()
        }
        correlationID = headers[.correlationID]
        if let correlationID, CommandID(correlationID) == nil {
            throw .malformed("X-Correlation-ID", "a correlation id is 1 to \(CommandID.maximumLength) visible ASCII characters")
        }
        expected = try Preconditions(headers).expected
    }
}
