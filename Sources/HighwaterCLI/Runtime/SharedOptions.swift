public import ArgumentParser
import KafkaLog
public import Operations
import PostgresReadModel

/// What every subcommand takes.
public struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Settings from a YAML or JSON file; environment variables win.", valueName: "file"))
    public var config: String?

    public init() {}

    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public func settings() throws -> Settings { try Settings.load(file: config, judges: .libraries) }
}

extension SettingsJudges {
    /// librdkafka and libpq themselves.
    static let libraries = SettingsJudges(
        kafka: { settings in
            KafkaLog.problems(in: settings).map { Finding(name: $0.name, what: $0.what, expected: $0.expected) }
        },
        postgres: { connectionString in
            PostgresReadModelStore.problem(in: connectionString).map {
                Finding(what: $0, expected: "a connection string as libpq takes it")
            }
        })
}
