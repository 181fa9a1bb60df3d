import EventLog
import Logging

@testable import KafkaLog

extension MockCluster {
    /// A log on this cluster. A fetch without records is answered only after the wait is over, so it is short here: the mock does not answer
    /// earlier, as a broker does. Deliveries have long: unless a test says so, no outcome is to become unknown because a machine is busy.
    ///
    /// - Parameter administration: makes topics and tells their settings; the cluster itself where it is nil.
    func openLog(
        _ settings: [String: String] = [:], logger: Logger = .quiet, administration: (any TopicAdministration)? = nil,
        metrics: KafkaMetrics = KafkaMetrics(), environment: EngineEnvironment = .system
    ) throws(LogError) -> KafkaLog {
        try KafkaLog(
            brokers: brokers, settings: ["fetch.wait.max.ms": "5", "message.timeout.ms": "50000"].merging(settings) { $1 },
            clientID: "test", logger: logger, administration: administration ?? self, metrics: metrics, environment: environment)
    }
}

extension Logger {
    /// Tells nobody.
    static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
