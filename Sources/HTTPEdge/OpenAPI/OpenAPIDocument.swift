import ReadModel
import WriteModel

/// The API as an OpenAPI 3.1 document, made from what is registered: every category, command and view has paths and schemas of its own.
struct OpenAPIDocument {
    let title: String
    let services: [any CommandService]
    let views: [TableSchema]
    let probes: [HealthEndpoints.Probe]
    let maximumBodyBytes: Int

    var json: JSONValue {
        .object([
            "openapi": "3.1.0",
            "info": .object([
                "title": .string(title), "version": "1",
                "description": """
                Commands change one stream each and answer with the events that they caused. Views answer queries. Every answer that \
                is not a success is a problem document (RFC 9457).
                """,
            ]),
            "tags": .array(tags),
            "paths": .object(paths),
            "components": .object([
                "parameters": .object(OpenAPIParameters.components(services)),
                "headers": .object(OpenAPIParts.headers),
                "responses": .object(OpenAPIParts.responses(maximumBodyBytes: maximumBodyBytes)),
                "schemas": .object(OpenAPIParts.schemas + views.flatMap(OpenAPIViews.schemas)),
            ]),
        ])
    }

    private var categories: [Category] { services.flatMap(\.context.categories) }

    private var tags: [JSONValue] {
        categories.map { .object(["name": .string($0.name), "description": .string("Streams of the category '\($0.name)'.")]) }
            + [
                .object(["name": "views", "description": "Read models."]),
                .object(["name": "operations", "description": "Health and metrics."]),
            ]
    }

    private var paths: [(String, JSONValue)] {
        categories.flatMap(paths) + views.flatMap(OpenAPIViews.paths) + OpenAPIOperations.paths(probes)
    }

    private func paths(of category: Category) -> [(String, JSONValue)] {
        let path = "/v1/\(category.name)/{streamID}"
        let commands = category.commands.map { ("\(path)/\($0.name)", command($0, of: category)) }
        var reads = [(path, state(of: category)), ("\(path)/events", events(of: category))]
        // A command may be called as the events' path is.
        var merged = commands
        if let index = merged.firstIndex(where: { $0.0 == "\(path)/events" }), case .object(let post) = merged[index].1,
            case .object(let get) = reads.removeLast().1
        {
            merged[index].1 = .object(post + get)
        }
        return merged + reads
    }

    private func command(_ command: CommandDefinition, of category: Category) -> JSONValue {
        .object([
            "post": .object([
                "operationId": .string("\(category.name).\(command.name)"),
                "tags": .array([.string(category.name)]),
                "summary": .string("Command '\(command.name)' to a stream of the category '\(category.name)'."),
                "parameters": .array(
                    ["streamID", "idempotencyKey", "ifMatch", "ifNoneMatch", "traceparent", "tracestate", "correlationID"]
                        .map(OpenAPIParts.parameter)),
                "requestBody": .object([
                    // An empty body will do where {} does.
                    "required": .bool((try? command.parse([])) == nil),
                    "description": "An empty body counts as {}.",
                    "content": OpenAPIParts.content("application/json", .raw(command.jsonSchema)),
                ]),
                "responses": .object(
                    [
                        ("200", OpenAPIParts.response("commandAnswer")),
                        ("201", OpenAPIParts.response("commandAnswer")),
                    ]
                        + OpenAPIParts.problems(
                            [
                                .malformed, .unauthenticated, .forbidden, .notFound, .methodNotAllowed, .versionConflict, .tooLarge,
                                .unsupportedMediaType, .refused, .overloaded, .internal, .unavailable, .outcomeUnknown,
                            ])),
            ])
        ])
    }

    private func state(of category: Category) -> JSONValue {
        .object([
            "get": .object([
                "operationId": .string("stream.\(category.name).state"),
                "tags": .array([.string(category.name)]),
                "summary": "A stream's state, as of a version.",
                "parameters": .array(
                    [OpenAPIParts.parameter("streamID")] + [
                        OpenAPIParameters.query(
                            "version", "The newest if absent.", .object(["type": "integer", "format": "int64", "minimum": 1]))
                    ] + ["ifMatch", "ifNoneMatch", "highwaterPosition", "prefer"].map(OpenAPIParts.parameter)),
                "responses": .object(
                    [
                        (
                            "200",
                            OpenAPIParts.success(
                                "The state.", OpenAPIParts.schema("StreamState"),
                                headers: ["ETag", "Highwater-Position", "Preference-Applied"])
                        ),
                        ("304", OpenAPIParts.response("notModified")),
                    ]
                        + OpenAPIParts.problems([
                            .malformed, .unauthenticated, .forbidden, .notFound, .methodNotAllowed, .preconditionFailed, .internal,
                            .unavailable,
                        ])),
            ])
        ])
    }

    private func events(of category: Category) -> JSONValue {
        .object([
            "get": .object([
                "operationId": .string("stream.\(category.name).events"),
                "tags": .array([.string(category.name)]),
                "summary": "A stream's recorded events, oldest first.",
                "parameters": .array(
                    [
                        OpenAPIParts.parameter("streamID"),
                        OpenAPIParameters.query(
                            "from", "The first version to answer with.",
                            .object(["type": "integer", "format": "int64", "minimum": 1, "default": 1])),
                        OpenAPIParts.parameter("limit"),
                        OpenAPIParts.parameter("highwaterPosition"),
                        OpenAPIParts.parameter("prefer"),
                    ]),
                "responses": .object(
                    [
                        (
                            "200",
                            OpenAPIParts.success(
                                "The events.", OpenAPIParts.schema("EventPage"), headers: ["Highwater-Position", "Preference-Applied"])
                        )
                    ]
                        + OpenAPIParts.problems([
                            .malformed, .unauthenticated, .forbidden, .notFound, .methodNotAllowed, .internal, .unavailable,
                        ])),
            ])
        ])
    }
}
