import EventModel
import ReadModel
import WriteModel

/// What a request asks for.
enum Route: Sendable {
    case command(CommandRoute, key: Substring)
    case events(CategoryRoute, key: Substring)
    case state(CategoryRoute, key: Substring)
    case rows(TableSchema)
    case row(TableSchema, key: Substring)
    case probe(HealthEndpoints.Probe)
    case metrics
    case openAPI
    case echo

    /// Whether it is the API's, to which only admitted senders have access.
    var needsAdmission: Bool {
        switch self {
        case .command, .events, .state, .rows, .row: true
        case .probe, .metrics, .openAPI, .echo: false
        }
    }
}

struct CommandRoute: Sendable {
    let service: any CommandService
    let category: Category
    let definition: CommandDefinition
    let template: String
}

struct CategoryRoute: Sendable {
    let service: any CommandService
    let category: Category
    let commands: [String: CommandRoute]
    let stateTemplate: String
    let eventsTemplate: String
}

/// A route, or the problem of a target that has none, and the template under which it is counted: never the raw path, which callers choose.
struct RouteMatch: Sendable {
    static let unmatchedTemplate = "unmatched"

    let template: String
    let route: Result<Route, Problem>
}
