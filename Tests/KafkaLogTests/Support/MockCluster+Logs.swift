import EventLog
import KafkaLog
import Logging

extension MockCluster {
    /// A log on this cluster. A fetch without records is answered only after the wait is over, so it is short here: the mock does not answer
    /// earlier, as a broker does.
    func openLog(_ settings: [String: String] = [:], logger: Logger = .quiet) throws(LogError) -> KafkaLog {
        try KafkaLog(
            brokers: brokers, settings: ["fetch.wait.max.ms": "5"].merging(settings) { $1 }, clientID: "test", logger: logger,
            administration: self)
    }
}

extension Logger {
    /// Tells nobody.
    static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
