import EventModel
import HTTPTypes
import ReadModel

/// What the document's operations share.
enum OpenAPIParts {
    // MARK: References

    static func parameter(_ name: String) -> JSONValue { reference("parameters", name) }
    static func schema(_ name: String) -> JSONValue { reference("schemas", name) }
    static func response(_ name: String) -> JSONValue { reference("responses", name) }

    private static func reference(_ kind: String, _ name: String) -> JSONValue {
        .object(["$ref": .string("#/components/\(kind)/\(name)")])
    }

    static func content(_ mediaType: String, _ schema: JSONValue) -> JSONValue {
        .object([(mediaType, .object(["schema": schema]))])
    }

    static func success(_ description: String, _ schema: JSONValue, headers: [String] = []) -> JSONValue {
        var members: [(String, JSONValue)] = [("description", .string(description))]
        if !headers.isEmpty { members.append(("headers", .object(headers.map { ($0, reference("headers", $0)) }))) }
        members.append(("content", content("application/json", schema)))
        return .object(members)
    }

    static func queryParameter(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
        .object(["name": .string(name), "in": "query", "description": .string(description), "schema": schema])
    }

    /// One response for each status of `kinds`.
    static func problems(_ kinds: [ProblemKind]) -> [(String, JSONValue)] {
        kinds.map { (String($0.status.code), response("problem\($0.status.code)")) }
    }

    // MARK: Parameters

    static let parameters: [(String, JSONValue)] = [
        (
            "streamID",
            .object([
                "name": "streamID", "in": "path", "required": true,
                "description": "The stream's key within its category: visible ASCII other than / and @, percent-encoded where need be.",
                "schema": .object([
                    "type": "string", "minLength": 1, "maxLength": .integer(Int64(StreamID.maximumKeyLength)),
                    "pattern": "^[!-.0-?A-~]+$",
                ]),
            ])
        ),
        header(
            "idempotencyKey", "Idempotency-Key",
            "The command's id: sent again, the same answer comes back and nothing is appended. Absent: one is made and returned.",
            .object([
                "type": "string", "minLength": 1, "maxLength": .integer(Int64(CommandID.maximumLength)), "pattern": "^[!-~]+$",
            ])),
        header(
            "ifMatch", "If-Match", "The version that the stream must be at, in double quotes. Excludes If-None-Match.",
            .object(["type": "string", "pattern": "^\"[0-9]+\"$"])),
        header(
            "ifNoneMatch", "If-None-Match", "*: the stream must not exist.", .object(["type": "string", "const": "*"])),
        header(
            "traceparent", "traceparent", "W3C Trace Context, carried into the log; ignored where it is invalid.",
            .object(["type": "string"])),
        header("tracestate", "tracestate", "W3C Trace Context.", .object(["type": "string"])),
        header(
            "correlationID", "X-Correlation-ID", "Carried into the log. Absent: the command's id.",
            .object([
                "type": "string", "minLength": 1, "maxLength": .integer(Int64(CommandID.maximumLength)), "pattern": "^[!-~]+$",
            ])),
        header(
            "highwaterPosition", "Highwater-Position",
            "One or more positions from earlier answers, comma-separated: the answer is to have seen all of them.",
            .object(["type": "string", "examples": .array(["ordering/7@12345"])])),
        header(
            "prefer", "Prefer",
            "'wait=N': how many seconds to wait for the position; \(Freshness.defaultWait) if absent, at most \(Freshness.maximumWait).",
            .object(["type": "string", "examples": .array(["wait=5"])])),
        (
            "limit",
            queryParameter(
                "limit", "At most so many.",
                .object([
                    "type": "integer", "minimum": .integer(Int64(RowQuery.limits.lowerBound)),
                    "maximum": .integer(Int64(RowQuery.limits.upperBound)), "default": .integer(StreamEndpoint.defaultLimit),
                ]))
        ),
        ("after", queryParameter("after", "The 'next' of the page before.", .object(["type": "string"]))),
    ]

    private static func header(_ key: String, _ name: String, _ description: String, _ schema: JSONValue) -> (String, JSONValue) {
        (key, .object(["name": .string(name), "in": "header", "description": .string(description), "schema": schema]))
    }

    // MARK: Headers

    static let headers: [(String, JSONValue)] = [
        ("ETag", responseHeader("The stream's version, in double quotes.")),
        ("Highwater-Position", responseHeader("The position that the answer has seen; absent where there is none.")),
        ("Idempotency-Key", responseHeader("The command's id; absent where the request was turned away before its headers were read.")),
        ("Preference-Applied", responseHeader("The wait that was applied, where the request preferred one.")),
        ("Retry-After", responseHeader("In how many seconds to try again.", type: "integer")),
        ("Allow", responseHeader("The methods that are allowed.")),
        ("WWW-Authenticate", responseHeader("How to authenticate.")),
    ]

    private static func responseHeader(_ description: String, type: JSONValue = "string") -> JSONValue {
        .object(["description": .string(description), "schema": .object(["type": type])])
    }

    // MARK: Responses

    static func responses(maximumBodyBytes: Int) -> [(String, JSONValue)] {
        let statuses = Set(ProblemKind.allCases.map(\.status.code)).sorted()
        return [
            (
                "commandAnswer",
                success(
                    "The command took effect (201: and made the stream), took effect before, or changed nothing.", schema("CommandAnswer"),
                    headers: ["ETag", "Highwater-Position", "Idempotency-Key"])
            )
        ]
            + statuses.map { status in
                let kinds = ProblemKind.allCases.filter { $0.status.code == status }
                var description = kinds.map { "`\($0.rawValue)`: \($0.title)." }.joined(separator: " ")
                if kinds.contains(.tooLarge) { description += " A body may have \(maximumBodyBytes) bytes." }
                var members: [(String, JSONValue)] = [("description", .string(description))]
                let names = problemHeaders(status)
                if !names.isEmpty { members.append(("headers", .object(names.map { ($0, reference("headers", $0)) }))) }
                members.append(("content", content("application/problem+json", schema("Problem"))))
                return ("problem\(status)", .object(members))
            }
    }

    private static func problemHeaders(_ status: Int) -> [String] {
        switch status {
        case 401: ["WWW-Authenticate"]
        case 405: ["Allow"]
        case 400, 412, 413, 415, 422, 504: ["Idempotency-Key"]
        case 404: ["Highwater-Position", "Preference-Applied"]
        case 429: ["Retry-After", "Idempotency-Key"]
        case 503: ["Retry-After", "Idempotency-Key", "Preference-Applied"]
        default: []
        }
    }
}
