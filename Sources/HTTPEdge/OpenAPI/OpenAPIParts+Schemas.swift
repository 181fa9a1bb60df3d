extension OpenAPIParts {
    static let schemas: [(String, JSONValue)] = [
        (
            "CommandAnswer",
            object([
                ("stream", .object(["type": "string", "examples": .array(["order/536365"])])),
                ("version", version("The stream's version after the command.")),
                (
                    "position",
                    .object([
                        "type": "string",
                        "description":
                            "Where the commit is in the log; where nothing was appended, up to where the answer has seen the log.",
                        "examples": .array(["ordering/7@12345"]),
                    ])
                ),
                ("replayed", .object(["type": "boolean", "description": "Whether an earlier request with this key made the commit."])),
                (
                    "events",
                    .object([
                        "type": "array", "description": "None where the command changed nothing.",
                        "items": object([("id", eventID), ("type", eventType), ("data", eventData)]),
                    ])
                ),
            ])
        ),
        (
            "StreamState",
            object([
                ("stream", .object(["type": "string"])), ("version", version("The version that the state is of.")),
                ("state", .object(["type": "object"])),
            ])
        ),
        (
            "RecordedEvent",
            object([
                ("id", eventID), ("type", eventType), ("stream", .object(["type": "string"])), ("version", version("The event's.")),
                ("data", eventData), ("commandId", .object(["type": "string"])), ("correlationId", .object(["type": "string"])),
                ("causationId", text("What directly caused the command; empty where it came from outside.")),
                ("actor", text("Who sent the command; empty where unknown.")),
                ("at", .object(["type": "string", "format": "date-time"])),
                ("position", .object(["type": "string", "examples": .array(["ordering/7@12345"])])),
            ])
        ),
        (
            "EventPage",
            object([
                ("events", .object(["type": "array", "items": schema("RecordedEvent")])),
                (
                    "next",
                    .object([
                        "type": .array(["integer", "null"]), "format": "int64",
                        "description": "For 'from' in the next query; null on the last page.",
                    ])
                ),
            ])
        ),
        (
            "Problem",
            .object([
                "type": "object", "description": "RFC 9457.",
                "required": .array(["type", "title", "status", "detail"]),
                "properties": .object([
                    "type": .object(["type": "string", "enum": .array(ProblemKind.allCases.map { .string($0.type) })]),
                    "title": .object(["type": "string"]),
                    "status": .object(["type": "integer"]),
                    "detail": text("What is wrong with this request, and what to do."),
                    "instance": text("The request's path."),
                    "field": text("Of malformed: a path of JSON names, or the name of a header or parameter."),
                    "refusal": text("Of refused: the refusal's name."),
                    "expected": version(
                        "Of version-conflict: the version demanded, 0 where the stream was not to exist; absent where no single one was."),
                    "actual": version("Of version-conflict: the stream's version."),
                    "errorId": text("Of internal: what the server's log has the error under."),
                ]),
            ])
        ),
        (
            "HealthReport",
            .object([
                "type": "object", "required": .array(["status", "checks"]),
                "properties": .object([
                    "status": text(
                        "live; started or starting; ready, degraded (ready, and some part is not), not-ready or draining."),
                    "parts": .object([
                        "type": "object", "description": "Each part of what the process does.",
                        "additionalProperties": .object(["type": "string", "enum": .array(["ready", "not-ready"])]),
                    ]),
                    "checks": .object([
                        "type": "object", "description": "Each check by its name.",
                        "additionalProperties": .object([
                            "type": "object", "required": .array(["ok", "detail"]),
                            "properties": .object([
                                "ok": .object(["type": "boolean"]), "part": text("The part that it belongs to."),
                                "detail": text("For operators."),
                            ]),
                        ]),
                    ]),
                ]),
            ])
        ),
    ]

    private static var eventID: JSONValue {
        .object(["type": "string", "description": "stream@version", "examples": .array(["order/536365@1"])])
    }
    private static var eventType: JSONValue { .object(["type": "string", "examples": .array(["order.placed.v1"])]) }
    private static var eventData: JSONValue { text("The event's payload.", type: .array(["object", "null"])) }

    private static func text(_ description: String, type: JSONValue = "string") -> JSONValue {
        .object(["type": type, "description": .string(description)])
    }

    private static func version(_ description: String) -> JSONValue {
        .object(["type": "integer", "format": "int64", "minimum": 0, "description": .string(description)])
    }

    /// An object with all of these members.
    private static func object(_ properties: [(String, JSONValue)]) -> JSONValue {
        .object([
            "type": "object", "required": .array(properties.map { .string($0.0) }), "properties": .object(properties),
        ])
    }
}
