/// Where the event log is.
public enum LogLocation: Hashable, Sendable, CustomStringConvertible {
    /// The embedded log, in a SQLite file.
    case sqlite(path: String)
    /// A Kafka cluster, known by some of its brokers.
    case kafka(brokers: [HostPort])

    public var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .kafka(let brokers): "kafka://" + brokers.map(\.description).joined(separator: ",")
        }
    }

    init(parsing text: String) throws(InvalidValue) {
        if let path = try SQLitePath.parse(text) {
            self = .sqlite(path: path)
            return
        }
        guard text.hasPrefix("kafka://") else { throw InvalidValue("it begins with neither sqlite: nor kafka://") }
        var rest = text.dropFirst("kafka://".count)
        if rest.last == "/" { rest = rest.dropLast() }
        guard !rest.contains("@") else {
            throw InvalidValue("credentials do not belong here; set HIGHWATER_KAFKA_SASL_USERNAME and HIGHWATER_KAFKA_SASL_PASSWORD")
        }
        guard !rest.isEmpty else { throw InvalidValue("it names no broker") }
        var brokers: [HostPort] = []
        for part in rest.split(separator: ",", omittingEmptySubsequences: false) {
            // A list may be written kafka://a:9092,kafka://b:9092 too.
            let broker = part.trimmed()
            let address = broker.hasPrefix("kafka://") ? broker.dropFirst("kafka://".count) : broker
            brokers.append(try HostPort(parsing: address, defaultPort: 9092))
        }
        self = .kafka(brokers: brokers)
    }
}
