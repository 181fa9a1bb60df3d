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
    case requestTimeout = "request-timeout"
    case tooLarge = "too-large"
    case targetTooLong = "target-too-long"
    case unsupportedMediaType = "unsupported-media-type"
    case expectationFailed = "expectation-failed"
    case refused
    case idempotencyKeyReused = "idempotency-key-reused"
    case overloaded
    case headersTooLarge = "headers-too-large"
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
        case .requestTimeout: .requestTimeout
        case .tooLarge: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .unsupportedMediaType: .unsupportedMediaType
        case .expectationFailed: .expectationFailed
        case .refused, .idempotencyKeyReused: .unprocessableContent
        case .overloaded: .tooManyRequests
        case .headersTooLarge: .requestHeaderFieldsTooLarge
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
        case .requestTimeout: "The request took too long to come"
        case .targetTooLong: "The request line is too long"
        case .tooLarge: "The command or its events are too large"
        case .unsupportedMediaType: "The body is not JSON"
        case .expectationFailed: "The expectation is not met"
        case .refused: "The command was refused"
        case .idempotencyKeyReused: "The idempotency key was used with another payload"
        case .overloaded: "Too many commands are waiting"
        case .headersTooLarge: "The header fields are too large"
        case .internal: "Unexpected error"
        case .unavailable: "Not available now"
        case .outcomeUnknown: "The outcome is not known yet"
        }
    }
}
