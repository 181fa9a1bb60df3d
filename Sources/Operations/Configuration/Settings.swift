public import FoundationEssentials
public import Logging

/// How an instance is set up: every setting, typed and checked.
///
/// ```swift
/// let settings = try Settings.load(file: options.config)
/// ```
/// A setting is taken from the first of these that has it:
/// 1. the environment variable `HIGHWATER_<NAME>`;
/// 2. the configuration file, YAML (`.yaml`, `.yml`) or JSON (`.json`). The path of a value in the file, its parts joined by
///    underscores and in capitals, is the name of its variable; `highwater` may stand around everything or be left out, and humps
///    count as underscores. So `log_level`, `logLevel` and `log: {level: …}` are all `HIGHWATER_LOG_LEVEL`. A list counts as its
///    elements joined by commas:
///
///        log: sqlite:/var/lib/commerce/log.sqlite
///        read_model:
///          - sqlite:/var/lib/commerce/views.sqlite
///          - postgres://commerce@db/commerce
///        log_level: debug
///        kafka:
///          security:
///            protocol: SASL_SSL
/// 3. the default.
///
/// `HIGHWATER_KAFKA_<NAME>` is the librdkafka setting `<name>` with dots for underscores. Any other variable that begins with
/// `HIGHWATER_`, and any other key of the file, is a problem: a slip of the pen must not pass for the default. Passed over are only the
/// ``serviceLinks`` of Kubernetes and Docker.
public struct Settings: Sendable {
    public let log: LogLocation
    /// At least one.
    public let readModels: [ReadModelLocation]
    /// The folder of the state stores.
    public let stateFolder: String
    /// Where the server listens; port 0 takes a free one.
    public let http: HostPort
    /// How other instances reach this one, where that is set. See ``advertisedURL(port:hostName:)``.
    public let advertise: BaseURL?
    /// Partitions of a topic that is being created.
    public let partitions: Int
    public let logLevel: Logger.Level
    /// How long to drain after SIGTERM.
    public let shutdownDeadline: Duration
    /// How long everything goes on after SIGTERM, unready, before the drain begins. A part of ``shutdownDeadline``.
    public let drainDelay: Duration
    public let connections: ConnectionLimits
    public let maxBodyBytes: Int
    /// Commands that may wait for one partition in this instance.
    public let maxWaiting: Int
    public let commandTimeout: Duration
    /// librdkafka settings by their own names, `security.protocol`. May hold passwords: do not log it.
    public let kafka: [String: String]
    /// Every setting with its current value, for people to read. Holds no secret.
    public let table: SettingsTable
    /// Variables named like settings that Kubernetes or Docker has put there for a Service called `highwater…`; no settings, and passed over.
    public let serviceLinks: [String]

    /// Whether the HTTP address was set, and is not the default.
    public var isHTTPSet: Bool { table.rows.contains { $0.key == Self.httpKey.variable && $0.source != .default } }

    /// Reads and checks the whole configuration.
    ///
    /// - Parameters:
    ///   - file: the path of a YAML or JSON file; nil for none.
    ///   - judges: of what goes to libraries as it is.
    /// - Throws: ``ConfigurationError`` with everything that is wrong. No secret is in it.
    public static func load(
        environment: [String: String] = ProcessInfo.processInfo.environment, file: String? = nil, judges: SettingsJudges = SettingsJudges()
    ) throws(ConfigurationError) -> Settings {
        var reader = SettingsReader(environment: environment, file: file)
        let log = reader.read(logKey)
        let readModels = reader.read(readModelKey)
        let stateFolder = reader.read(stateKey)
        let http = reader.read(httpKey)
        let advertise = reader.read(advertiseKey, whenAbsent: .some(nil))
        let partitions = reader.read(partitionsKey)
        let logLevel = reader.read(logLevelKey)
        let shutdown = reader.read(shutdownKey)
        let maxBodyBytes = reader.read(maxBodyBytesKey)
        let maxWaiting = reader.read(maxWaitingKey)
        let commandTimeout = reader.read(commandTimeoutKey)
        let drainDelay = reader.read(drainDelayKey)
        let connections = ConnectionLimits(reading: &reader)
        let kafka = reader.readKafka(judges.kafka)
        for case .postgres(let connectionString) in readModels ?? [] {
            guard let finding = judges.postgres(connectionString) else { continue }
            reader.report(readModelKey, finding.what, finding.expected)
        }
        if let drainDelay, let shutdown, drainDelay >= shutdown {
            reader.report(drainDelayKey, "nothing is left of HIGHWATER_SHUTDOWN_SECONDS, \(shutdown), to drain", "less than that")
        }
        reader.reportUnknown()
        if case .sqlite(let path)? = log, let readModels, readModels.contains(.sqlite(path: path)) {
            reader.report(readModelKey, "it is the file of the event log", "a file of its own")
        }
        guard let log, let readModels, let stateFolder, let http, let advertise, let partitions, let logLevel, let shutdown,
            let drainDelay, let connections, let maxBodyBytes, let maxWaiting, let commandTimeout, reader.problems.isEmpty
        else { throw ConfigurationError(problems: reader.problems) }
        return Settings(
            log: log, readModels: readModels, stateFolder: stateFolder, http: http, advertise: advertise, partitions: partitions,
            logLevel: logLevel, shutdownDeadline: .seconds(shutdown), drainDelay: .seconds(drainDelay), connections: connections,
            maxBodyBytes: maxBodyBytes, maxWaiting: maxWaiting, commandTimeout: .seconds(commandTimeout), kafka: kafka,
            table: SettingsTable(rows: reader.rows), serviceLinks: reader.serviceLinks)
    }

    /// How other instances reach this one: what is set, or else the HTTP address.
    ///
    /// - Parameters:
    ///   - port: the port the server has bound, which differs from the set one where that is 0.
    ///   - hostName: stands in where the server listens on every address.
    public func advertisedURL(port: Int, hostName: String = ProcessInfo.processInfo.hostName) -> BaseURL {
        advertise ?? BaseURL(address: HostPort(host: http.isWildcard ? hostName : http.host, port: port))
    }
}
