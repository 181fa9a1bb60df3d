import EventLog

/// What is wrong with a user's librdkafka settings.
public struct KafkaSettingProblem: Hashable, Sendable {
    /// By librdkafka's name; nil where several do not go together.
    public let name: String?
    /// Why. Holds no secret.
    public let what: String
    /// What would be right.
    public let expected: String
}

extension KafkaLog {
    /// Everything that is wrong with settings by librdkafka's names (CONFIGURATION.md); empty where a log can be opened with them. Asks no
    /// broker.
    public static func problems(in settings: [String: String]) -> [KafkaSettingProblem] {
        guard !settings.isEmpty else { return [] }
        let redaction = Redaction(settings)
        let problems = settings.sorted { $0.key < $1.key }.compactMap { name, value in
            SettingRule.problem(name, value) ?? Configuration.problem(name, value, redaction)
        }
        guard problems.isEmpty else { return problems }
        do throws(LogError) {
            try Configuration.check(try ClientSettings(brokers: ["localhost:9092"], settings: settings, clientID: "check"))
            return []
        } catch {
            return [KafkaSettingProblem(name: nil, what: error.message, expected: "settings that go together")]
        }
    }
}
