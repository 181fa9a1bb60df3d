import EventLog
import KafkaLog
import Logging
import Synchronization
import Testing

@testable import KafkaLog

@Suite struct SettingsTests {
    private func open(_ settings: [String: String], logger: Logger = .quiet) throws(LogError) -> KafkaLog {
        try KafkaLog(brokers: ["127.0.0.1:1"], settings: settings, clientID: "test", logger: logger)
    }

    private func failure(_ settings: [String: String]) -> LogError? {
        do throws(LogError) {
            _ = try open(settings)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ["no.such.setting", "sasl.pasword", "sasl.jaas.config"]) func aSettingThatDoesNotExistIsNamed(name: String) throws {
        let error = try #require(failure([name: "hunter2!"]))
        #expect(error.code == .misconfigured)
        #expect("\(error)".contains(name) && !"\(error)".contains("hunter2!"))
    }

    @Test(arguments: [
        ("socket.timeout.ms", "soon"), ("security.protocol", "carrier-pigeon"), ("compression.type", "tar"), ("fetch.wait.max.ms", "-5"),
    ])
    func aBadValueIsNamed(name: String, value: String) throws {
        let error = try #require(failure([name: value]))
        #expect(error.code == .misconfigured)
        #expect("\(error)".contains(name))
    }

    @Test(arguments: [
        ("enable.idempotence", "false"), ("acks", "1"), ("request.required.acks", "0"), ("isolation.level", "read_committed"),
        ("auto.offset.reset", "earliest"), ("allow.auto.create.topics", "true"), ("enable.auto.commit", "true"),
        ("partition.assignment.strategy", "cooperative-sticky"), ("group.instance.id", "me"), ("transactional.id", "t"), ("group.id", "g"),
        ("bootstrap.servers", "elsewhere:9092"), ("delivery.report.only.error", "true"),
    ])
    func aSettingThatWouldBreakALawIsRefusedWithTheReason(name: String, value: String) throws {
        let error = try #require(failure([name: value]))
        #expect(error.code == .misconfigured)
        #expect("\(error)".contains(name) && "\(error)".contains(SettingRule.all[name]?.reason ?? "?"))
    }

    /// Of clients that are made later: the first command must not be the one to find out.
    @Test(arguments: [
        ("max.in.flight.requests.per.connection", "10", "max.in.flight"), ("message.timeout.ms", "1", "linger.ms"),
        ("session.timeout.ms", "3000000", "session.timeout.ms"), ("receive.message.max.bytes", "2000", "receive.message.max.bytes"),
    ])
    func settingsThatAreWrongOnlyTogetherAreRefusedAtOnce(name: String, value: String, word: String) throws {
        let error = try #require(failure([name: value]))
        #expect(error.code == .misconfigured)
        #expect("\(error)".contains(word))
    }

    @Test func allThatIsWrongIsToldAtOnce() {
        let problems = KafkaLog.problems(in: ["acks": "1", "socket.timeout.ms": "soon", "linger.ms": "5", "sasl.pasword": "hunter2!"])
        #expect(problems.map(\.name) == ["acks", "sasl.pasword", "socket.timeout.ms"])
        #expect(problems.first?.what == SettingRule.all["acks"]?.reason)
        #expect(!"\(problems)".contains("hunter2!"))
        let together = KafkaLog.problems(in: ["message.timeout.ms": "1"])
        #expect(together.count == 1 && together[0].name == nil && together[0].what.contains("linger.ms"), "\(together)")
        #expect(KafkaLog.problems(in: ["socket.timeout.ms": "7000", "acks": "all"]).isEmpty)
    }

    @Test func whatTheLawsRestOnMayBeSaidAgain() async throws {
        await (try open(["enable.idempotence": "true", "acks": "all", "request.required.acks": "-1", "auto.offset.reset": "error"])).close()
    }

    @Test func aUsersSettingWinsByEachOfItsNames() throws {
        for name in ["linger.ms", "queue.buffering.max.ms"] {
            let settings = try ClientSettings(brokers: ["a:1"], settings: [name: "7"], clientID: "test")
            let pairs = settings.pairs(for: .producer).filter { ["linger.ms", "queue.buffering.max.ms"].contains($0.name) }
            #expect(pairs.map(\.value) == ["7"])
        }
    }

    @Test(arguments: [[], [""]]) func brokersMustBeNamed(brokers: [String]) {
        #expect(throws: LogError(.misconfigured, "")) { try KafkaLog(brokers: brokers, clientID: "test", logger: .quiet) }
    }

    /// With librdkafka's configuration dumped into the log.
    @Test(.timeLimit(.minutes(5))) func secretsAreNotLogged() async throws {
        let lines = Lines()
        let log = try open(
            [
                "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "somebody", "sasl.password": "hunter2!",
                "debug": "all",
            ],
            logger: Logger(label: "test") { _ in lines })
        await #expect(throws: LogError.self) { _ = try await log.partitionCount(of: "ordering") }
        await log.close()
        let text = lines.all
        #expect(text.contains { $0.contains("sasl.password") })
        #expect(!text.contains { $0.contains("hunter2!") })
    }

    @Test func redactionHidesAllSecrets() {
        let redaction = Redaction([
            "sasl.password": "abc", "ssl.key.password": "abcdef", "sasl.oauthbearer.assertion.private.key.passphrase": "ghi",
            "client.rack": "xyz", "ssl.key.location": "/key",
        ])
        #expect(redaction("abc abcdef ghi xyz /key") == "[redacted] [redacted] [redacted] xyz /key")
    }
}

/// Keeps every line that is logged.
private final class Lines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") } }
}
