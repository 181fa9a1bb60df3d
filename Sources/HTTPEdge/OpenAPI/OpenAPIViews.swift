import ReadModel

/// The paths and schemas of one view.
enum OpenAPIViews {
    static func paths(_ schema: TableSchema) -> [(String, JSONValue)] {
        let name = schema.projection.name
        let problems = OpenAPIParts.problems([
            .malformed, .unauthenticated, .forbidden, .notFound, .methodNotAllowed, .preconditionFailed, .internal, .unavailable,
        ])
        let headers = ["ETag", "Highwater-Position", "Preference-Applied"]
        let others = [("304", OpenAPIParts.response("notModified"))] + problems
        let conditions = ["ifMatch", "ifNoneMatch", "highwaterPosition", "prefer"].map(OpenAPIParts.parameter)
        let filters = schema.columns.filter(\.isFilter).map {
            OpenAPIParameters.query($0.name, "Only rows with this \($0.name).", filter($0, in: schema))
        }
        let rows: JSONValue = .object([
            "operationId": .string("view.\(name).rows"),
            "tags": .array(["views"]),
            "summary": .string("Rows of '\(name)', in the order of their keys."),
            "parameters": .array(filters + [OpenAPIParts.parameter("limit"), OpenAPIParts.parameter("after")] + conditions),
            "responses": .object(
                [("200", OpenAPIParts.success("A page of rows.", OpenAPIParts.schema(pageName(name)), headers: headers))] + others),
        ])
        let row: JSONValue = .object([
            "operationId": .string("view.\(name).row"),
            "tags": .array(["views"]),
            "summary": .string("One row of '\(name)'."),
            "parameters": .array(
                [
                    .object([
                        "name": "key", "in": "path", "required": true,
                        "description": .string(
                            """
                            The row's \(schema.key.name), percent-encoded. Clients drop . and .. from a path: rows with such keys are had from \
                            the list.
                            """),
                        "schema": .object(["type": "string", "minLength": 1, "pattern": .string(OpenAPIParameters.withoutNUL)]),
                    ])
                ] + conditions),
            "responses": .object(
                [("200", OpenAPIParts.success("The row.", OpenAPIParts.schema(rowName(name)), headers: headers))] + others),
        ])
        return [("/v1/views/\(name)", .object(["get": rows])), ("/v1/views/\(name)/{key}", .object(["get": row]))]
    }

    static func schemas(_ schema: TableSchema) -> [(String, JSONValue)] {
        let name = schema.projection.name
        let properties =
            [(schema.key.name, JSONValue.object(["type": "string"]))]
            + schema.columns.map { ($0.name, $0.isNullable ? nullable(type($0)) : type($0)) }
        return [
            (
                rowName(name),
                .object([
                    "type": "object", "required": .array(properties.map { .string($0.0) }), "properties": .object(properties),
                ])
            ),
            (
                pageName(name),
                .object([
                    "type": "object", "required": .array(["rows", "next"]),
                    "properties": .object([
                        "rows": .object(["type": "array", "items": OpenAPIParts.schema(rowName(name))]),
                        "next": .object([
                            "type": .array(["string", "null"]), "description": "For 'after' in the next query; null on the last page.",
                        ]),
                    ]),
                ])
            ),
        ]
    }

    private static func type(_ column: ColumnSchema) -> JSONValue {
        switch column.type {
        case .text: .object(["type": "string"])
        case .integer: .object(["type": "integer", "format": "int64"])
        // Of any size: a client of 64 bits is not promised that they suffice.
        case .wideInteger: .object(["type": "integer"])
        case .micros, .wideMicros:
            .object(["type": "string", "pattern": "^-?[0-9]+$", "description": "Millionths of the currency's unit, as a decimal number."])
        case .timestamp: .object(["type": "string", "format": "date-time"])
        }
    }

    /// A text of a URL, which the rows' own type is compared with.
    private static func filter(_ column: ColumnSchema, in schema: TableSchema) -> JSONValue {
        if column.type == .text { return .object(["type": "string", "pattern": .string(OpenAPIParameters.withoutNUL)]) }
        let isWide = schema.isWide(column)
        return .object([
            "type": "integer", "minimum": .raw(isWide ? "\(Int128.min)" : "\(Int64.min)"),
            "maximum": .raw(isWide ? "\(Int128.max)" : "\(Int64.max)"),
        ])
    }

    private static func nullable(_ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema, let index = members.firstIndex(where: { $0.0 == "type" }) else { return schema }
        members[index].1 = .array([members[index].1, "null"])
        return .object(members)
    }

    /// `order-summary` is `OrderSummary`.
    private static func rowName(_ name: String) -> String {
        name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Row"
    }

    private static func pageName(_ name: String) -> String { rowName(name) + "Page" }
}
