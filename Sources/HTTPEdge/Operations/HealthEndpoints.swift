/// What the edge asks of the process it is part of.
public struct HealthEndpoints: Sendable {
    public enum Probe: Hashable, Sendable {
        case live, ready, startup
        /// Whether one of ``HealthEndpoints/parts`` is ready.
        case part(String)

        /// `/health/ready`, `/health/ready/commands`.
        public var path: String {
            switch self {
            case .live: "/health/live"
            case .ready: "/health/ready"
            case .startup: "/health/startup"
            case .part(let name): "/health/ready/\(name)"
            }
        }
    }

    /// The answer to a probe.
    public struct Report: Sendable {
        /// 200 if true, 503 if not.
        public let isPassing: Bool
        /// A JSON object with each check and its state.
        public let json: String

        public init(isPassing: Bool, json: String) {
            self.isPassing = isPassing
            self.json = json
        }
    }

    /// Every probe that is answered.
    var probes: [Probe] { [.live, .ready] + parts.map { .part($0) } + [.startup] }

    /// Called for every probe. `live` must not depend on anything that a restart does not mend.
    public var report: @Sendable (Probe) async -> Report
    /// The parts of what the process does whose readiness can be asked for one by one.
    public var parts: [String]
    /// Every metric, in Prometheus's text format 0.0.4.
    public var metricsText: @Sendable () async -> String
    /// Whether the process is shutting down. New commands are turned away from then on; queries and requests under way are answered.
    public var isDraining: @Sendable () -> Bool

    public init(
        report: @escaping @Sendable (Probe) async -> Report = { _ in Report(isPassing: true, json: "{\"status\":\"ready\",\"checks\":{}}")
        },
        parts: [String] = [],
        metricsText: @escaping @Sendable () async -> String = { "" },
        isDraining: @escaping @Sendable () -> Bool = { false }
    ) {
        self.report = report
        self.parts = parts
        self.metricsText = metricsText
        self.isDraining = isDraining
    }
}
