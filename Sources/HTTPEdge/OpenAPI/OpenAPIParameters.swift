import EventLog
import EventModel
import ReadModel
import WriteModel

/// The parameters that the document's operations share. Their patterns (ECMA-262) say what the server checks.
enum OpenAPIParameters {
    static func query(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
        .object(["name": .string(name), "in": "query", "description": .string(description), "schema": schema])
    }

    /// - Parameter services: Whose topics and partitions a position can name.
    static func components(_ services: [any CommandService]) -> [(String, JSONValue)] {
        [
            ("streamID", streamID),
            header(
                "idempotencyKey", "Idempotency-Key",
                """
                The command's id, bare or as a string of structured fields (RFC 9651): k7 and "k7" mean the same. Sent again, the same answer \
                comes back and nothing is appended. Absent: one is made and returned.
                """,
                text(#"^([!#-~][!-~]{0,127}|"([!#-\[\]-~]|\\["\\]){1,128}")$"#, length: 1...258)),
            header(
                "ifMatch", "If-Match",
                """
                Entity tags, of which the one of what is there must be one (by RFC 9110's strong comparison), or *: something must be there. \
                A stream's tag is its version.
                """, text(entityTags)),
            header(
                "ifNoneMatch", "If-None-Match",
                """
                Entity tags, of which the one of what is there must be none (by the weak comparison), or *: nothing must be there. A read is \
                then answered 304, a command 412.
                """, text(entityTags)),
            header(
                "traceparent", "traceparent", "W3C Trace Context, carried into the log; ignored where it is invalid.",
                .object(["type": "string"])),
            header("tracestate", "tracestate", "W3C Trace Context.", .object(["type": "string"])),
            header(
                "correlationID", "X-Correlation-ID", "Carried into the log. Absent: the command's id.",
                text("^[!-~]+$", length: 1...CommandID.maximumLength)),
            header(
                "highwaterPosition", "Highwater-Position",
                "One or more positions from earlier answers, comma-separated: the answer is to have seen all of them.",
                positions(services)),
            header(
                "prefer", "Prefer",
                "'wait=N': how many seconds to wait for the position; \(Freshness.defaultWait) if absent, at most \(Freshness.maximumWait).",
                .object(["type": "string", "examples": .array(["wait=5"])])),
            (
                "limit",
                query(
                    "limit", "At most so many.",
                    .object([
                        "type": "integer", "minimum": .integer(Int64(RowQuery.limits.lowerBound)),
                        "maximum": .integer(Int64(RowQuery.limits.upperBound)), "default": .integer(StreamEndpoint.defaultLimit),
                    ]))
            ),
            ("after", query("after", "The 'next' of the page before.", text(cursor))),
        ]
    }

    /// The pattern of texts that hold no NUL character.
    static let withoutNUL = #"^[^\u0000]*$"#

    private static let streamID: JSONValue = .object([
        "name": "streamID", "in": "path", "required": true,
        "description": """
        The stream's key within its category: visible ASCII other than / and @, percent-encoded where need be. It must not be . or .., which \
        clients drop from a path.
        """,
        "schema": text(#"^(\.{0,2}[!-\-0-?A-~][!-.0-?A-~]*|\.{3}[!-.0-?A-~]*)$"#, length: 1...StreamID.maximumKeyLength),
    ])

    /// `*`, or a list of entity tags (RFC 9110, section 8.8.3).
    private static let entityTags = {
        let tag = #"(W/)?"[!#-~]*""#
        return "^(\\*|\(tag)([ \\t]*,[ \\t]*\(tag))*)$"
    }()

    /// base64url without padding (RFC 4648, section 5) of a byte 1 and a key.
    private static let cursor = {
        let any = "[A-Za-z0-9_-]"
        // The last digit of a group that is cut short has no bits of a further byte.
        let (one, two) = ("[AQgw]", "[AEIMQUYcgkosw048]")
        return "^(AQ|A[Q-Za-f]\(two)|A[Q-Za-f]\(any){2}(\(any){4})*(\(any)\(one)|\(any){2}\(two))?)$"
    }()

    private static func positions(_ services: [any CommandService]) -> JSONValue {
        let number = "(\(DecimalPattern.alternatives(0 ... .max).joined(separator: "|")))"
        let places = services.map { service in
            let topic = service.context.topic.name.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.")
            let partitions = Int64(service.partitionCount ?? Int(Int32.max))
            return "\(topic)/(\(DecimalPattern.alternatives(0...(partitions - 1)).joined(separator: "|")))"
        }
        guard let first = services.first else { return .object(["type": "string"]) }
        let position = "(\(places.joined(separator: "|")))@\(number)"
        return .object([
            "type": "string", "pattern": .string("^\(position)([ \\t]*,[ \\t]*\(position))*$"),
            "examples": .array([.string("\(first.context.topic)/0@0")]),
        ])
    }

    private static func text(_ pattern: String, length: ClosedRange<Int>? = nil) -> JSONValue {
        var members: [(String, JSONValue)] = [("type", "string"), ("pattern", .string(pattern))]
        if let length {
            members += [("minLength", .integer(Int64(length.lowerBound))), ("maxLength", .integer(Int64(length.upperBound)))]
        }
        return .object(members)
    }

    private static func header(_ key: String, _ name: String, _ description: String, _ schema: JSONValue) -> (String, JSONValue) {
        (key, .object(["name": .string(name), "in": "header", "description": .string(description), "schema": schema]))
    }
}
