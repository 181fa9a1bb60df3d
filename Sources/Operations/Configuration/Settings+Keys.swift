import Logging

extension Settings {
    static let logKey = SettingKey(
        name: "LOG", type: "sqlite:PATH or kafka://HOST:PORT,HOST:PORT", defaultText: "sqlite:data/log.sqlite",
        meaning: "where the event log is", parse: LogLocation.init(parsing:))

    static let readModelKey = SettingKey(
        name: "READ_MODEL", type: "sqlite:PATH or postgres://USER@HOST/DATABASE, comma-separated",
        defaultText: "sqlite:data/views.sqlite", meaning: "where read models are kept; several are all kept",
        parse: ReadModelLocation.list(parsing:))

    static let stateKey = SettingKey<String>(
        name: "STATE", type: "folder", defaultText: "data/state", meaning: "the folder of the state stores, a cache of the log"
    ) { text throws(InvalidValue) in
        guard !text.utf8.contains(0) else { throw InvalidValue("the path has a NUL character") }
        guard text.firstRange(of: "://") == nil, !text.hasPrefix("sqlite:") else { throw InvalidValue("it is not a folder's path") }
        return text
    }

    static let httpKey = SettingKey<HostPort>(
        name: "HTTP", type: "HOST:PORT", defaultText: "127.0.0.1:8080",
        meaning: "the address the server listens on; port 0 takes a free one"
    ) { text throws(InvalidValue) in
        try HostPort(parsing: text[...], ports: 0...65535)
    }

    static let advertiseKey = SettingKey<BaseURL?>(
        name: "ADVERTISE", type: "http://HOST:PORT", defaultText: "the HTTP address", meaning: "how other instances reach this one"
    ) { text throws(InvalidValue) in
        let url = try BaseURL(parsing: text)
        guard !url.address.isWildcard else { throw InvalidValue("nobody can connect to a wildcard address") }
        return url
    }

    static let partitionsKey = SettingKey<Int>.integer("PARTITIONS", 1...10_000, default: 8, "partitions of a topic that is being created")

    static let logLevelKey = SettingKey<Logger.Level>(
        name: "LOG_LEVEL", type: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "), defaultText: "info",
        meaning: "the least severe level that is logged"
    ) { text throws(InvalidValue) in
        guard let level = Logger.Level(rawValue: text.lowercased()) else { throw InvalidValue("it is not a log level") }
        return level
    }

    static let shutdownKey = SettingKey<Int>.integer(
        "SHUTDOWN_SECONDS", 1...3600, default: 25, "how long to drain after SIGTERM before what is left is cancelled")

    static let drainDelayKey = SettingKey<Int>.integer(
        "DRAIN_DELAY_SECONDS", 0...3599, default: 0,
        "how long after SIGTERM everything goes on, but unready, before the drain begins; as long as the balancer takes to notice")

    static let maxBodyBytesKey = SettingKey<Int>.integer(
        "MAX_BODY_BYTES", 1024...1_073_741_824, default: 1_048_576, "the largest request body; a larger one is answered 413")

    static let maxWaitingKey = SettingKey<Int>.integer(
        "MAX_WAITING", 1...10_000_000, default: 10_000, "commands that may wait for one partition; one more is answered 429")

    static let commandTimeoutKey = SettingKey<Int>.integer(
        "COMMAND_TIMEOUT_SECONDS", 1...3600, default: 10, "how long a command waits for its outcome before it is answered 504")

    /// The names of all settings but Kafka's, without the prefix.
    static let names =
        [
            logKey.name, readModelKey.name, stateKey.name, httpKey.name, advertiseKey.name, partitionsKey.name, logLevelKey.name,
            shutdownKey.name, maxBodyBytesKey.name, maxWaitingKey.name, commandTimeoutKey.name, drainDelayKey.name,
        ] + ConnectionLimits.names
}
