import HTTPTypes

/// Every kind of problem that the edge answers with. The raw value is the slug in `type`: a contract.
enum ProblemKind: String, CaseIterable, Sendable {
    case malformed
    case unauthenticated
    case forbidden
    case unknownCategory = "unknown-category"
    case unknownCommand = "unknown-command"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case versionConflict = "version-conflict"
    case preconditionFailed = "precondition-failed"
    case tooLarge = "too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case refused
    case idempotencyKeyReused = "idempotency-key-reused"
    case overloaded
    case `internal`
    case unavailable
    case outcomeUnknown = "outcome-unknown"

    var type: String { "urn:highwater:problem:\(rawValue)" }

    var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .unknownCategory, .unknownCommand, .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .versionConflict, .preconditionFailed: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .refused, .idempotencyKeyReused: .unprocessableContent
        case .overloaded: .tooManyRequests
        case .internal: .internalServerError
        case .unavailable: .serviceUnavailable
        case .outcomeUnknown: .gatewayTimeout
        }
    }

    /// The same for every occurrence, as RFC 9457 asks.
    var title: String {
        switch self {
        case .malformed: "The request cannot be read"
        case .unauthenticated: "It is not known who sends the request"
        case .forbidden: "The sender may not do this"
        case .unknownCategory: "There is no such category"
        case .unknownCommand: "The category has no such command"
        case .notFound: "Not found"
        case .methodNotAllowed: "The method is not allowed here"
        case .versionConflict: "The stream is at another version"
        case .preconditionFailed: "What is there is another than If-Match names"
        case .tooLarge: "The command or its events are too large"
        case .unsupportedMediaType: "The body is not JSON"
        case .refused: "The command was refused"
        case .idempotencyKeyReused: "The idempotency key was used with another payload"
        case .overloaded: "Too many commands are waiting"
        case .internal: "Unexpected error"
        case .unavailable: "Not available now"
        case .outcomeUnknown: "The outcome is not known yet"
        }
    }
}
