import EventModel
import HTTPTypes
import Hummingbird

/// An answer that is not a success: a problem document (RFC 9457).
struct Problem: Error, Sendable {
    enum Member: Sendable {
        case text(String)
        case integer(Int64)
    }

    let kind: ProblemKind
    /// For people: what is wrong with this request and what to do next.
    let detail: String
    /// The kind's own members, after the standard ones.
    var members: [(name: String, value: Member)] = []
    var headers: HTTPFields = [:]

    init(_ kind: ProblemKind, _ detail: String, members: [(name: String, value: Member)] = [], headers: HTTPFields = [:]) {
        self.kind = kind
        self.detail = detail
        self.members = members
        self.headers = headers
    }

    /// - Parameter field: where: a path of JSON names, or the name of a header or parameter.
    static func malformed(_ field: String?, _ detail: String) -> Problem {
        Problem(.malformed, detail, members: field.map { [("field", .text($0))] } ?? [])
    }

    /// - Parameter retryAfter: rounded up to whole seconds, as RFC 9110 has it.
    static func unavailable(_ detail: String, retryAfter: Duration = .seconds(1)) -> Problem {
        let (seconds, attoseconds) = retryAfter.components
        return Problem(.unavailable, detail, headers: [.retryAfter: "\(seconds + (attoseconds > 0 ? 1 : 0))"])
    }

    static func outcomeUnknown(_ id: CommandID) -> Problem {
        Problem(
            .outcomeUnknown,
            "there was no definite answer in time, and it may yet take effect; send it again with the key '\(id)', which is safe")
    }

    /// - Parameter instance: the request's path; nil where it could not be read.
    func response(instance: String?) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return Response(status: kind.status, headers: headers, body: ResponseBody(byteBuffer: body(instance: instance)))
    }

    func body(instance: String?) -> ByteBuffer {
        var json = JSONText(capacity: 512)
        json.raw("{\"type\":")
        json.string(kind.type)
        json.raw(",\"title\":")
        json.string(kind.title)
        json.raw(",\"status\":")
        json.integer(Int64(kind.status.code))
        json.raw(",\"detail\":")
        json.string(detail)
        if let instance {
            json.raw(",\"instance\":")
            json.string(instance)
        }
        for member in members {
            json.raw(",")
            json.string(member.name)
            json.raw(":")
            switch member.value {
            case .text(let text): json.string(text)
            case .integer(let number): json.integer(number)
            }
        }
        json.raw("}")
        return json.buffer
    }
}
