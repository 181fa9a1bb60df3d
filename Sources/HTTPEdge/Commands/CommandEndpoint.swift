import EventModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import WriteModel

/// `POST /v1/{category}/{streamID}/{command}`.
struct CommandEndpoint: Sendable {
    let body: JSONBody
    let makeID: @Sendable () -> CommandID
    let forwarder: Forwarder

    func answer(
        _ request: Request, _ route: CommandRoute, key: Substring, actor: String, traceparent: String, logger: Logger
    ) async throws -> Response {
        let stream = try StreamID(route: route.category.name, key: key)
        let headers = try CommandHeaders(request.headers, makeID: makeID)
        do {
            let body = try await body.read(request)
            let payload: CommandPayload
            do throws(InvalidField) {
                payload = try route.definition.parse(Bytes(body.readableBytesView))
            } catch {
                throw Problem.malformed(error.field, error.reason)
            }
            let command = Command(
                id: headers.id, stream: stream, payload: payload, expected: headers.expected, correlationID: headers.correlationID,
                actor: actor, traceparent: traceparent)
            let answer = CommandAnswer(id: headers.id, stream: stream, category: route.category, logger: logger)
            // Where nobody else can take the command, its bytes are not needed any more.
            let forwardable = StreamRequest(
                head: request.head, body: route.service.owners == nil ? nil : body, stream: stream, service: route.service,
                commandID: headers.id, traceparent: traceparent)
            return try await forwarder.answer(forwardable) { timeout in
                let outcome = await route.service.execute(command, timeout: timeout)
                guard case .notOwner = outcome else { return .response(try answer.response(outcome)) }
                return .notOwner(await route.service.reasonNotOwner(of: stream) ?? "this instance does not write the stream")
            }
        } catch var problem as Problem {
            // Without it, the caller of a command whose id was made here could not ask again.
            problem.headers[.idempotencyKey] = headers.id.field
            throw problem
        }
    }
}

extension StreamID {
    /// - Throws: `malformed`, naming `streamID`.
    init(route category: String, key: Substring) throws(Problem) {
        guard let key = PercentEncoding.decode(key) else {
            throw .malformed("streamID", "the stream id is not percent-encoded UTF-8")
        }
        do throws(InvalidStreamID) {
            try self.init(category: category, key: key)
        } catch {
            throw .malformed("streamID", error.reason)
        }
    }
}
