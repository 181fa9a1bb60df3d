import HTTPTypes

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

    /// One response for each status of `kinds`.
    static func problems(_ kinds: [ProblemKind]) -> [(String, JSONValue)] {
        kinds.map { (String($0.status.code), response("problem\($0.status.code)")) }
    }

    // MARK: Headers

    static let headers: [(String, JSONValue)] = [
        ("ETag", responseHeader("The stream's version, or the digest of what a view answers, in double quotes.")),
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
            ),
            (
                "notModified",
                .object([
                    "description": "If-None-Match names what is there: the caller has it already. Without a body.",
                    "headers": .object(
                        ["ETag", "Highwater-Position", "Preference-Applied"].map { ($0, reference("headers", $0)) }),
                ])
            ),
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
        case 412: ["Idempotency-Key", "ETag"]
        case 400, 413, 415, 422, 504: ["Idempotency-Key"]
        case 404: ["Highwater-Position", "Preference-Applied"]
        case 429: ["Retry-After", "Idempotency-Key"]
        case 503: ["Retry-After", "Idempotency-Key", "Preference-Applied"]
        default: []
        }
    }
}
