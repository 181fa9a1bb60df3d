import EventModel
import HTTPTypes
import ReadModel
import WriteModel

/// Which request goes where.
///
/// A table of its own and not the framework's router, which drops empty path segments (an empty stream id must be told as such) and
/// answers a known path with another method by 404.
struct RouteTable: Sendable {
    /// Taken by the views' paths.
    static let reservedCategory = "views"

    let categories: [String: CategoryRoute]
    let views: [String: TableSchema]
    let probes: [String: HealthEndpoints.Probe]
    let hasBenchmarkRoutes: Bool

    init(
        services: [any CommandService], views schemas: [TableSchema], probes: [HealthEndpoints.Probe], benchmarkRoutes: Bool
    ) throws(InvalidRegistration) {
        var categories: [String: CategoryRoute] = [:]
        for service in services {
            for category in service.context.categories {
                let path = "/v1/\(category.name)/{streamID}"
                guard category.name != Self.reservedCategory else {
                    throw InvalidRegistration("no category can be called '\(category.name)': /v1/\(category.name) is where the views are")
                }
                var commands: [String: CommandRoute] = [:]
                for definition in category.commands {
                    let route = CommandRoute(
                        service: service, category: category, definition: definition, template: "\(path)/\(definition.name)")
                    guard commands.updateValue(route, forKey: definition.name) == nil else {
                        throw InvalidRegistration("the category '\(category.name)' has two commands called '\(definition.name)'")
                    }
                }
                let route = CategoryRoute(
                    service: service, category: category, commands: commands, stateTemplate: path, eventsTemplate: "\(path)/events")
                guard categories.updateValue(route, forKey: category.name) == nil else {
                    throw InvalidRegistration("two categories are called '\(category.name)'; their streams share one path")
                }
            }
        }
        var views: [String: TableSchema] = [:]
        for schema in schemas {
            guard views.updateValue(schema, forKey: schema.projection.name) == nil else {
                throw InvalidRegistration("two projections are called '\(schema.projection.name)'")
            }
            if let column = schema.columns.first(where: { $0.isFilter && ["limit", "after"].contains($0.name) }) {
                throw InvalidRegistration(
                    "the projection '\(schema.projection.name)' cannot be filtered by '\(column.name)': the parameter has a meaning of its own"
                )
            }
        }
        self.categories = categories
        self.views = views
        self.probes = Dictionary(probes.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        hasBenchmarkRoutes = benchmarkRoutes
    }

    func match(_ method: HTTPRequest.Method, _ target: RequestTarget) -> RouteMatch {
        let segments = target.segments
        if segments.first == "v1", segments.count > 1 {
            return segments[1] == Self.reservedCategory ? matchView(method, segments) : matchStream(method, segments)
        }
        switch (segments.count, segments.first) {
        case (2...3, "health"):
            guard let probe = probes["/" + segments.joined(separator: "/")] else { break }
            return read(.probe(probe), method, probe.path)
        case (1, "metrics"): return read(.metrics, method, "/metrics")
        case (1, "openapi.json"): return read(.openAPI, method, "/openapi.json")
        case (2, "bench") where hasBenchmarkRoutes && segments[1] == "echo":
            return RouteMatch(
                template: "/bench/echo", route: method == .post ? .success(.echo) : .failure(notAllowed(method, allowed: "POST")))
        default: break
        }
        return unmatched(.notFound, "there is nothing at this path; /openapi.json lists what there is")
    }

    private func matchView(_ method: HTTPRequest.Method, _ segments: [Substring]) -> RouteMatch {
        guard segments.count == 3 || segments.count == 4 else { return unmatched(.notFound, "there is nothing at this path") }
        guard let name = PercentEncoding.decode(segments[2]), let schema = views[name] else {
            return unmatched(.notFound, "there is no such view")
        }
        let path = "/v1/views/\(name)"
        return segments.count == 3
            ? read(.rows(schema), method, path) : read(.row(schema, key: segments[3]), method, "\(path)/{key}")
    }

    private func matchStream(_ method: HTTPRequest.Method, _ segments: [Substring]) -> RouteMatch {
        guard let name = PercentEncoding.decode(segments[1]), let category = categories[name] else {
            return unmatched(.unknownCategory, "there is no category of this name")
        }
        switch segments.count {
        case 3: return read(.state(category, key: segments[2]), method, category.stateTemplate)
        case 4:
            let name = PercentEncoding.decode(segments[3])
            let command = name.flatMap { category.commands[$0] }
            if name == "events", method != .post || command == nil {
                return read(
                    .events(category, key: segments[2]), method, category.eventsTemplate, alsoAllowed: command == nil ? "" : ", POST")
            }
            guard let command else { return unmatched(.unknownCommand, "the category '\(category.category.name)' has no such command") }
            return RouteMatch(
                template: command.template,
                route: method == .post ? .success(.command(command, key: segments[2])) : .failure(notAllowed(method, allowed: "POST")))
        default: return unmatched(.notFound, "there is nothing at this path")
        }
    }

    private func read(_ route: Route, _ method: HTTPRequest.Method, _ template: String, alsoAllowed: String = "") -> RouteMatch {
        let isRead = method == .get || method == .head
        return RouteMatch(
            template: template, route: isRead ? .success(route) : .failure(notAllowed(method, allowed: "GET, HEAD" + alsoAllowed)))
    }

    private func unmatched(_ kind: ProblemKind, _ detail: String) -> RouteMatch {
        RouteMatch(template: RouteMatch.unmatchedTemplate, route: .failure(Problem(kind, detail)))
    }

    private func notAllowed(_ method: HTTPRequest.Method, allowed: String) -> Problem {
        Problem(.methodNotAllowed, "only \(allowed) is allowed here", headers: [.allow: allowed])
    }
}
