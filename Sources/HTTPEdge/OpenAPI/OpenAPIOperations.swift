/// The paths of the process itself.
enum OpenAPIOperations {
    static func paths(_ probes: [HealthEndpoints.Probe]) -> [(String, JSONValue)] {
        probes.map { probe in
            let healthy = OpenAPIParts.success("Yes.", OpenAPIParts.schema("HealthReport"))
            let failing = OpenAPIParts.success("No; the report tells which check fails.", OpenAPIParts.schema("HealthReport"))
            return (
                probe.path,
                get(
                    String(probe.path.dropFirst().replacing("/", with: ".")), summary(probe),
                    probe == .live ? [("200", healthy)] : [("200", healthy), ("503", failing)])
            )
        } + [
            (
                "/metrics",
                get(
                    "metrics", "Metrics in Prometheus's text format.",
                    [
                        (
                            "200",
                            .object([
                                "description": "Every metric.",
                                "content": OpenAPIParts.content("text/plain", .object(["type": "string"])),
                            ])
                        )
                    ])
            ),
            ("/openapi.json", get("openapi", "This document.", [("200", OpenAPIParts.success("It.", .object(["type": "object"])))])),
        ]
    }

    private static func summary(_ probe: HealthEndpoints.Probe) -> String {
        switch probe {
        case .live: "Whether the process runs."
        case .ready: "Whether it should get requests now; 'degraded' where some part of it cannot answer them."
        case .startup: "Whether it has started."
        case .part(let name): "Whether its part '\(name)' is ready."
        }
    }

    private static func get(_ id: String, _ summary: String, _ responses: [(String, JSONValue)]) -> JSONValue {
        .object([
            "get": .object([
                "operationId": .string(id), "tags": .array(["operations"]), "summary": .string(summary),
                "responses": .object(responses),
            ])
        ])
    }
}
