import Foundation
import Logging
import Testing

@testable import Operations

struct ConfigurationFileTests {
    static let yaml = """
        # comment
        log: kafka://k1:9092
        read_model:
          - sqlite:v.sqlite
          - postgres://u:hunter2@h/db
        http: 0.0.0.0:0
        log_level: debug
        partitions: 12
        shutdown:
          seconds: 5
        maxBodyBytes: 4096
        kafka:
          security:
            protocol: SASL_SSL
          sasl.password: hunter3
          enable.idempotence: true
          linger.ms: 5
        """

    static let json = """
        { "highwater": { "log": "kafka://k1:9092", "readModel": ["sqlite:v.sqlite", "postgres://u:hunter2@h/db"], "http": "0.0.0.0:0",
          "logLevel": "debug", "partitions": 12, "shutdown_seconds": 5, "max_body_bytes": 4096, "state": null,
          "kafka": { "security": { "protocol": "SASL_SSL" }, "sasl.password": "hunter3", "enable": { "idempotence": true }, "linger.ms": 5 } } }
        """

    @Test(arguments: [(yaml, "yaml"), (yaml, "yml"), (json, "json"), (json, "yaml")]) func bothForms(text: String, ending: String) throws {
        try withFile(text, ending: ending) { file in
            let settings = try Settings.load(environment: [:], file: file)
            #expect(settings.log == .kafka(brokers: [HostPort(host: "k1", port: 9092)]))
            #expect(settings.readModels == [.sqlite(path: "v.sqlite"), .postgres(connectionString: "postgres://u:hunter2@h/db")])
            #expect(settings.http.isWildcard)
            #expect(settings.logLevel == .debug)
            #expect(settings.partitions == 12)
            #expect(settings.shutdownDeadline == .seconds(5))
            #expect(settings.maxBodyBytes == 4096)
            #expect(
                settings.kafka == [
                    "security.protocol": "SASL_SSL", "sasl.password": "hunter3", "enable.idempotence": "true", "linger.ms": "5",
                ])
            #expect(settings.table.rows.first { $0.key == "HIGHWATER_PARTITIONS" }?.source == .file(file))
            #expect(!settings.table.json.contains("hunter"))
        }
    }

    @Test func environmentWins() throws {
        try withFile("partitions: 3\nlog_level: error\nkafka: {group.id: a, client.id: b}\n") { file in
            let settings = try Settings.load(environment: ["HIGHWATER_PARTITIONS": "4", "HIGHWATER_KAFKA_GROUP_ID": "c"], file: file)
            #expect(settings.partitions == 4)
            #expect(settings.logLevel == .error)
            #expect(settings.kafka == ["group.id": "c", "client.id": "b"])
        }
    }

    @Test func everyProblemOfFileAndEnvironmentAtOnce() throws {
        try withFile("partitons: 3\npartitions: 0\nlog: {levl: x}\nkafka: 3\nread_model: {a: postgres://u:hunter2@h/db}\n") { file in
            let problems = SettingsProblemTests.problems(["HIGHWATER_HTTP": "x", "HIGHWATER_HTPT": "y"], file: file)
            #expect(
                Set(problems.map { "\($0.key): \($0.what)" }) == [
                    "HIGHWATER_HTTP: the port is missing", "HIGHWATER_HTPT: there is no such setting", "partitions: it is out of range",
                    "partitons: there is no such setting", "log.levl: there is no such setting", "kafka: there is no such setting",
                    "read_model.a: there is no such setting",
                ])
            #expect(problems.first { $0.key == "partitons" }?.expected == "did you mean partitions?")
            #expect(problems.first { $0.key == "log.levl" }?.expected == "did you mean log_level?")
            #expect(
                problems.first { $0.key == "partitions" }.map { "\($0)" }
                    == #"partitions (\#(file)) is "0": it is out of range; expected integer from 1 to 10000"#)
            #expect(!problems.description.contains("hunter"))
        }
    }

    @Test(
        arguments: [
            ("log_level: info\nlogLevel: debug\n", "yaml", ["it is there twice, also as logLevel"]),
            (#"{"log_level": "info", "log": {"level": "debug"}}"#, "json", ["it is there twice, also as log.level"]),
            ("kafka:\n  sasl.password: [hunter2\nlog: x", "yaml", nil),
            ("kafka:\n  sasl.password: 'hunter2\n", "yaml", nil),
            ("kafka: {sasl.password: hunter2}}\n", "yaml", nil),
            ("\tlog: hunter2", "yaml", nil),
            ("a: 1\na: hunter2", "yaml", nil),
            ("hunter2", "yaml", nil),
            ("- hunter2", "yaml", nil),
            ("read_model: [{a: hunter2}]", "yaml", nil),
            (#"{"kafka": {"sasl.password": "hunter2" "#, "json", nil),
            (#"{"kafka": {"sasl.password": hunter2}}"#, "json", nil),
            (#"["hunter2"]"#, "json", nil),
            (#"{"read_model": [{"a": "hunter2"}]}"#, "json", nil),
            ("", "json", nil),
            ("{}", "toml", ["the file's name ends in neither .yaml, .yml nor .json"]),
        ] as [(String, String, [String]?)])
    func unusableFiles(text: String, ending: String, what: [String]?) throws {
        try withFile(text, ending: ending) { file in
            // The problems of the environment are listed with it.
            let problems = SettingsProblemTests.problems(["HIGHWATER_HTTP": "x"], file: file)
            #expect(problems.count == 2, "\(problems)")
            if let what { #expect(problems.prefix(1).map(\.what) == what) }
            #expect(problems.last?.key == "HIGHWATER_HTTP")
            for problem in problems {
                #expect(!"\(problem)".contains("hunter"))
                #expect(!"\(problem)".contains("\n"))
            }
        }
    }

    @Test func missingFileAndFolder() {
        #expect(SettingsProblemTests.problems([:], file: "/nowhere/commerce.yaml").map(\.what) == ["there is no such file"])
        let problem = SettingsProblemTests.problems([:], file: "/nowhere/commerce.yaml").first
        #expect(problem.map { "\($0)".hasPrefix("/nowhere/commerce.yaml: there is no such file; expected a readable YAML") } == true)
        let folder = FileManager.default.temporaryDirectory.appending(path: "operations-\(UUID().uuidString).json")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(SettingsProblemTests.problems([:], file: folder.path).map(\.what) == ["the file cannot be read"])
    }

    @Test(arguments: ["", "# log: x\n\n  # more\n", "---\n"]) func fileThatSaysNothing(text: String) throws {
        try withFile(text) { file in
            let settings = try Settings.load(environment: [:], file: file)
            #expect(settings.partitions == 8)
        }
    }
}
