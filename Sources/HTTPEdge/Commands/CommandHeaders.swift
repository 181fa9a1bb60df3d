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
            guard let id = CommandID(key) else {
                throw .malformed("Idempotency-Key", "an idempotency key is 1 to \(CommandID.maximumLength) visible ASCII characters")
            }
            self.id = id
        } else {
            id = makeID()
        }
        correlationID = headers[.correlationID]
        if let correlationID, CommandID(correlationID) == nil {
            throw .malformed("X-Correlation-ID", "a correlation id is 1 to \(CommandID.maximumLength) visible ASCII characters")
        }
        expected = try Self.expectedVersion(headers)
    }

    /// Only what the API gives out is taken back: one strong entity tag with a version, and `*` for "must not exist". Anything else would
    /// have to be guessed at.
    private static func expectedVersion(_ headers: HTTPFields) throws(Problem) -> ExpectedVersion {
        switch (headers[.ifMatch], headers[.ifNoneMatch]) {
        case (nil, nil): return .any
        case (let tag?, nil):
            let digits = tag.dropFirst().dropLast()
            guard tag.utf8.count >= 3, tag.first == "\"", tag.last == "\"",
                digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let version = Int64(digits)
            else { throw .malformed("If-Match", "If-Match must be one version in double quotes, as in an answer's ETag: \"3\"") }
            return .exactly(StreamVersion(version))
        case (nil, let tag?):
            guard tag == "*" else { throw .malformed("If-None-Match", "If-None-Match must be *: the stream must not exist") }
            return .noStream
        case (_?, _?): throw .malformed("If-None-Match", "If-Match and If-None-Match exclude each other; send one")
        }
    }
}
