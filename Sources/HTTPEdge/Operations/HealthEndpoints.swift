/// What the edge asks of the process it is part of.
public struct HealthEndpoints: Sendable {
    public enum Probe: String, Sendable, CaseIterable {
        case live, ready, startup
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

    /// Called for every probe. `live` must not depend on anything that a restart does not mend.
    public var report: @Sendable (Probe) async -> Report
    /// Every metric, in Prometheus's text format 0.0.4.
    public var metricsText: @Sendable () async -> String
    /// Whether the process is shutting down. New commands are turned away from then on; queries and requests under way are answered.
    public var isDraining: @Sendable () -> Bool

    public init(
        report: @escaping @Sendable (Probe) async -> Report = {
            Report(isPassing: true, json: "{\"status\":\"\($0.rawValue)\",\"checks\":{}}")
        },
        metricsText: @escaping @Sendable () async -> String = { "" },
        isDraining: @escaping @Sendable () -> Bool = { false }
    ) {
        self.report = report
        self.metricsText = metricsText
        self.isDraining = isDraining
    }
}
