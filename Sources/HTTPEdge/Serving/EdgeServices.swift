public import EventLog
public import EventModel
public import HTTPTypes
public import Metrics
public import Tracing
public import WriteModel

/// What the HTTP edge serves, and what it needs for it.
public struct EdgeServices: Sendable {
    /// One per bounded context.
    public var commands: [any CommandService]
    public var views: any ViewQueries
    public var health: HealthEndpoints
    /// Asked before every command and query. Admits everybody as nobody in particular unless set.
    public var admit: @Sendable (HTTPRequest) async -> Admission = { _ in .admitted(actor: "") }
    /// Makes the ids of commands that bring none.
    public var makeCommandID: @Sendable () -> CommandID = RandomCommandID.make
    /// Nil: a caller's trace context is passed on, spans are not made.
    public var tracer: (any Tracer)?
    public var metrics: any MetricsFactory = MetricsSystem.factory
    /// By which requests that are forwarded take their time.
    public var environment = EngineEnvironment.system

    public init(commands: [any CommandService], views: any ViewQueries = NoViews(), health: HealthEndpoints = HealthEndpoints()) {
        self.commands = commands
        self.views = views
        self.health = health
    }
}
