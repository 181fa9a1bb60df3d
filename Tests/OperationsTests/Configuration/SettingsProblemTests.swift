import Testing

@testable import Operations

/// Settings that are wrong: each alone, all at once, and never a secret in the message.
struct SettingsProblemTests {
    static let wrong: [(variable: String, value: String, what: String)] = [
        ("LOG", "postgres://h/db", "it begins with neither sqlite: nor kafka://"),
        ("LOG", "", "it is empty; leave it out for the default, sqlite:data/log.sqlite"),
        ("LOG", "sqlite:", "the path is missing"),
        ("LOG", "sqlite:data/", "the path names a folder"),
        ("LOG", "sqlite://data/log", "two slashes follow sqlite: where a path should begin"),
        ("LOG", "sqlite::memory:", "a database in memory would lose what it acknowledged"),
        ("LOG", "sqlite:a,sqlite:b", "there is a second address where one path should be"),
        ("LOG", "kafka://", "it names no broker"),
        ("LOG", "kafka://a:9092,,b", "the host is missing"),
        ("LOG", "kafka://a:0", "the port is not a number from 1 to 65535"),
        ("LOG", "kafka://a:9092/topic", "the port is not a number from 1 to 65535"),
        ("LOG", "sqlite:data/views.sqlite", "it is the file of the event log"),
        ("READ_MODEL", "mysql://h/db", "it begins with neither sqlite: nor postgres://"),
        ("READ_MODEL", "sqlite:a,", "an entry of the list is empty"),
        ("READ_MODEL", "sqlite:a,sqlite:a", "an entry is listed twice"),
        ("READ_MODEL", "postgres://h", "the database is missing: /NAME after the host"),
        ("READ_MODEL", "postgres:///db", "the host is missing"),
        ("READ_MODEL", "postgres://h/d b", "it has a blank or a #; percent-encode them"),
        ("STATE", "sqlite:data/state", "it is not a folder's path"),
        ("HTTP", "8080", "the port is missing"),
        ("HTTP", ":8080", "the host is missing"),
        ("HTTP", "127.0.0.1:65536", "the port is not a number from 0 to 65535"),
        ("HTTP", "127.0.0.1:+1", "the port is not a number from 0 to 65535"),
        ("HTTP", "::1:8080", "there is more than one colon; an IPv6 address stands in brackets"),
        ("HTTP", "[::1:8080", "the bracket of the IPv6 address is not closed"),
        ("HTTP", "[::1]8080", "something other than a port follows the IPv6 address"),
        ("HTTP", "a b:1", "the host has a character that no host name has"),
        ("ADVERTISE", "ftp://h:1", "the scheme is neither http nor https"),
        ("ADVERTISE", "http://h:1/path", "something follows the port; a path is not supported"),
        ("ADVERTISE", "http://0.0.0.0:1", "nobody can connect to a wildcard address"),
        ("ADVERTISE", "host", "the port is missing"),
        ("PARTITIONS", "0", "it is out of range"),
        ("PARTITIONS", "10001", "it is out of range"),
        ("PARTITIONS", "eight", "it is not an integer"),
        ("PARTITIONS", "99999999999999999999", "it is not an integer"),
        ("LOG_LEVEL", "loud", "it is not a log level"),
        ("SHUTDOWN_SECONDS", "0", "it is out of range"),
        ("SHUTDOWN_SECONDS", "2.5", "it is not an integer"),
        ("DRAIN_DELAY_SECONDS", "25", "nothing is left of HIGHWATER_SHUTDOWN_SECONDS, 25, to drain"),
        ("DRAIN_DELAY_SECONDS", "-1", "it is out of range"),
        ("MAX_CONNECTIONS", "0", "it is out of range"),
        ("HTTP_KEEP_ALIVE_SECONDS", "0", "it is out of range"),
        ("HTTP_REQUEST_SECONDS", "0", "it is out of range"),
        ("HTTP_BODY_MEMORY_BYTES", "1024", "it is out of range"),
        ("MAX_BODY_BYTES", "1", "it is out of range"),
        ("MAX_WAITING", "-1", "it is out of range"),
        ("COMMAND_TIMEOUT_SECONDS", "x", "it is not an integer"),
    ]

    static func problems(_ environment: [String: String], file: String? = nil) -> [ConfigurationProblem] {
        do throws(ConfigurationError) {
            _ = try Settings.load(environment: environment, file: file)
            return []
        } catch {
            return error.problems
        }
    }

    @Test(arguments: wrong) func eachAlone(variable: String, value: String, what: String) {
        let problems = Self.problems(["HIGHWATER_\(variable)": value])
        #expect(problems.map(\.what) == [what])
        // Log and read model in one file: the problem is the pair's, and is told of the read model.
        #expect(problems.first?.key == (what.hasPrefix("it is the file") ? "HIGHWATER_READ_MODEL" : "HIGHWATER_\(variable)"))
        #expect(problems.first?.expected.isEmpty == false)
    }

    @Test func allAtOnceInOneMessage() throws {
        var environment: [String: String] = [:]
        for (variable, value, _) in Self.wrong { environment["HIGHWATER_\(variable)"] = value }
        environment["HIGHWATER_PARTITION"] = "4"
        environment["HIGHWATER_KAFKA_"] = "4"
        let error = try #require(throws: ConfigurationError.self) { try Settings.load(environment: environment) }
        #expect(
            error.problems.map(\.key).sorted()
                == (Settings.names.map { "HIGHWATER_\($0)" } + ["HIGHWATER_PARTITION", "HIGHWATER_KAFKA_"])
                .filter { $0 != "HIGHWATER_LOG" }.sorted())
        let lines = "\(error)".split(separator: "\n")
        #expect(lines.count == error.problems.count + 1)
        #expect(lines[0] == "the configuration has \(error.problems.count) problems:")
        #expect(
            lines.contains {
                $0
                    == #"  HIGHWATER_LOG_LEVEL (environment) is "loud": it is not a log level; expected trace, debug, info, notice, warning, error, critical"#
            })
        #expect(ConfigurationError.exitStatus == 78)
    }

    /// What libraries say of their settings is told with the rest, each by the name that it was set by.
    @Test func whatLibrariesFindIsAmongThem() throws {
        let judges = SettingsJudges(
            kafka: { settings in
                #expect(settings == ["acks": "1", "sasl.password": "hunter2"])
                return [
                    .init(name: "acks", what: "it is not enough", expected: "all"),
                    .init(name: "sasl.password", what: "it is too short", expected: "more"),
                    .init(what: "they do not go together", expected: "others"),
                ]
            },
            postgres: { $0.contains("/wrong") ? .init(what: "there is no such database", expected: "another") : nil })
        let error = try #require(throws: ConfigurationError.self) {
            try Settings.load(
                environment: [
                    "HIGHWATER_KAFKA_ACKS": "1", "HIGHWATER_KAFKA_SASL_PASSWORD": "hunter2", "HIGHWATER_PARTITIONS": "0",
                    "HIGHWATER_READ_MODEL": "postgres://u:hunter3@h/right,postgres://u:hunter3@h/wrong",
                ], judges: judges)
        }
        #expect(
            Set(error.problems.map(\.key)) == [
                "HIGHWATER_KAFKA_ACKS", "HIGHWATER_KAFKA_SASL_PASSWORD", "HIGHWATER_KAFKA_<NAME>", "HIGHWATER_PARTITIONS",
                "HIGHWATER_READ_MODEL",
            ])
        #expect(error.problems.count == 5)
        #expect("\(error)".contains(#"HIGHWATER_KAFKA_ACKS (environment) is "1": it is not enough; expected all"#))
        #expect(!"\(error)".contains("hunter"))
    }

    @Test func messageOfOne() throws {
        let error = try #require(throws: ConfigurationError.self) { try Settings.load(environment: ["HIGHWATER_PARTITIONS": "0"]) }
        #expect(
            "\(error)" == """
                the configuration has a problem:
                  HIGHWATER_PARTITIONS (environment) is "0": it is out of range; expected integer from 1 to 10000
                """)
    }

    @Test(arguments: [
        ("HIGHWATER_PARTITION", "did you mean HIGHWATER_PARTITIONS?"),
        ("HIGHWATER_READMODEL", "did you mean HIGHWATER_READ_MODEL?"),
        ("HIGHWATER_LOG_LEVLE", "did you mean HIGHWATER_LOG_LEVEL?"),
        ("highwater_http", "did you mean HIGHWATER_HTTP?"),
        ("HIGHWATER_HTPT", "did you mean HIGHWATER_HTTP?"),
        ("HIGHWATER_SHUTDOWN", "did you mean HIGHWATER_SHUTDOWN_SECONDS?"),
        ("HIGHWATER_KAKFA_SECURITY_PROTOCOL", "did you mean HIGHWATER_KAFKA_SECURITY_PROTOCOL?"),
    ])
    func unknownVariables(variable: String, suggestion: String) {
        let problems = Self.problems([variable: "hunter2"])
        #expect(problems.map(\.what) == ["there is no such setting"])
        #expect(problems.map(\.expected) == [suggestion])
        #expect(problems.first.map { "\($0)".contains("hunter") } == false)
    }

    @Test func unknownVariableLikeNoneGetsTheList() {
        let problems = Self.problems(["HIGHWATER_BANANA": "1", "HIGHWATER_KAFKA_X_Y": "any", "HIGHWATE_LOG": "not ours"])
        #expect(problems.map(\.key) == ["HIGHWATER_BANANA"])
        #expect(problems.first?.expected.hasPrefix("one of HIGHWATER_LOG, HIGHWATER_READ_MODEL, ") == true)
        #expect(problems.first?.expected.hasSuffix(", HIGHWATER_KAFKA_<NAME>") == true)
    }

    /// A password in a value with every slip one can think of, in the right variable and in wrong ones.
    @Test(arguments: [
        "postgres://u:hunter2@h:x/db", "postgres://u:hunter2/x@h/db", "postgres://u:hunter2,x@h", "postgres:/u:hunter2@h/db",
        "postgress://u:hunter2@h/db", "postgres://u:hunter2", "u:hunter2@h/db", "host=h password=hunter2", "postgres://h/?password=hunter2",
        "kafka://u:hunter2@h:9092", "sqlite:a,postgres://u:hunter2@h:x/db", "sqlite:a,postgres://u:p/q,hunter2@h/db",
        "postgres://u:a@b:hunter2@h:x/db",
        "http://u:hunter2@h:1/", "amqp://hunter2", "postgres://u:p w,hunter2@h/db", "postgres://u:p/q,hunter2,r@h/db",
    ])
    func secretsAreNeverShown(value: String) {
        for name in Settings.names where name != "STATE" || value.contains("://") {
            let problems = Self.problems(["HIGHWATER_\(name)": value])
            #expect(!problems.isEmpty, "\(name)")
            for problem in problems { #expect(!"\(problem)".contains("hunter"), "\(name)") }
        }
    }
}
