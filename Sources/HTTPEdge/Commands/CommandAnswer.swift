import EventLog
import EventModel
import HTTPTypes
import Hummingbird
import Logging
import WriteModel

/// Tells a command's outcome in HTTP's terms.
struct CommandAnswer {
    let id: CommandID
    let stream: StreamID
    let category: Category
    let logger: Logger

    func response(_ outcome: CommandOutcome) throws(Problem) -> Response {
        switch outcome {
        case .committed(let receipt):
            return success(
                receipt.createdStream ? .created : .ok, version: receipt.version, position: receipt.position, isReplay: receipt.isReplay,
                firstVersion: receipt.firstVersion, events: receipt.events)
        case .unchanged(let version, let position):
            return success(.ok, version: version, position: position, isReplay: false, firstVersion: version, events: [])
        case .conflict(let expected, let actual): throw conflict(expected, actual)
        case .refused(let refusal, _):
            throw Problem(
                .refused, refusal.explanation.isEmpty ? "the command was refused: \(refusal.name)" : refusal.explanation,
                members: [("refusal", .text(refusal.name))])
        case .idempotencyKeyReused:
            throw Problem(.idempotencyKeyReused, "this stream has had another command with the key '\(id)'; use a new key")
        case .tooLarge(let limit):
            let most = limit.map { "the \($0) bytes that a record may have" } ?? "the log takes in one record"
            throw Problem(.tooLarge, "the command's events come to more than \(most); nothing happened")
        case .overloaded:
            throw Problem(
                .overloaded, "more commands are waiting than the limit; nothing happened, send it again later",
                headers: [.retryAfter: "1"])
        case .notOwner: throw .unavailable("this instance does not write the stream; nothing happened, send it again")
        case .unavailable(let reason): throw .unavailable(reason)
        case .unknown: throw .outcomeUnknown(id)
        }
    }

    private func conflict(_ expected: ExpectedVersion, _ actual: StreamVersion) -> Problem {
        let demanded = expected.onlyVersion
        let found = actual == .none ? "the stream does not exist" : "the stream is at version \(actual)"
        let detail =
            switch demanded?.rawValue {
            case 0?: "the stream exists, at version \(actual)"
            case let version?: "\(found) and not \(actual == .none ? "at version " : "")\(version); read it and decide again"
            case nil: "\(found), which the request's preconditions rule out; read it and decide again"
            }
        // A list or '*' demands no single version.
        let members = demanded.map { [("expected", Problem.Member.integer($0.rawValue))] } ?? []
        return Problem(.versionConflict, detail, members: members + [("actual", .integer(actual.rawValue))])
    }

    private func success(
        _ status: HTTPResponse.Status, version: StreamVersion, position: LogPosition, isReplay: Bool, firstVersion: StreamVersion,
        events: [EncodedEvent]
    ) -> Response {
        var json = JSONText(capacity: 512 + events.reduce(0) { $0 + 4 * $1.data.count })
        json.raw("{\"stream\":")
        json.string(stream.description)
        json.raw(",\"version\":")
        json.integer(version.rawValue)
        json.raw(",\"position\":")
        json.string(position.description)
        json.raw(",\"replayed\":")
        json.bool(isReplay)
        json.raw(",\"events\":[")
        for (index, event) in events.enumerated() {
            if index > 0 { json.raw(",") }
            json.raw("{\"id\":")
            json.string(EventID(stream: stream, version: firstVersion + index).description)
            json.raw(",\"type\":")
            json.string(event.type.description)
            json.raw(",\"data\":")
            json.json(category.data(of: event, at: EventID(stream: stream, version: firstVersion + index), logger: logger))
            json.raw("}")
        }
        json.raw("]}")
        let headers: HTTPFields = [
            .contentType: "application/json", .eTag: "\(EntityTag(version))", .highwaterPosition: position.description,
            .idempotencyKey: id.field,
        ]
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: json.buffer))
    }
}
