/// What a setting must be, since something rests on it.
struct SettingRule: Sendable {
    /// Values that do no harm, the best first; empty where the setting is not the user's to make.
    let allowed: [String]
    let reason: String

    static let all: [String: SettingRule] = {
        let acks = SettingRule(allowed: ["all", "-1"], reason: "a record counts as stored only once all in-sync replicas have it")
        let ownBrokers = SettingRule(allowed: [], reason: "the brokers are given by the log's address")
        let commits = SettingRule(allowed: ["false"], reason: "the group's offsets follow the read model's own positions")
        return [
            "enable.idempotence": SettingRule(allowed: ["true"], reason: "without it a retry can reorder or repeat records"),
            "acks": acks,
            "request.required.acks": acks,
            "isolation.level": SettingRule(
                allowed: ["read_uncommitted"],
                reason: "the log uses no transactions, and a foreign one that stays open would stop its readers"),
            "transactional.id": SettingRule(allowed: [], reason: "the log uses no transactions"),
            "auto.offset.reset": SettingRule(
                allowed: ["error"], reason: "a missing record means that the log was truncated, which must not be skipped"),
            "allow.auto.create.topics": SettingRule(
                allowed: ["false"], reason: "a topic made by accident has the wrong settings for a system of record"),
            "enable.auto.commit": commits,
            "auto.commit.enable": commits,
            "enable.auto.offset.store": commits,
            "enable.partition.eof": SettingRule(allowed: ["false"], reason: "a reader waits at the end"),
            "partition.assignment.strategy": SettingRule(
                allowed: ["range", "roundrobin"], reason: "the cooperative assignment is unreliable in librdkafka below 2.6.1"),
            "group.id": SettingRule(allowed: [], reason: "each use of the log has its own group"),
            "group.instance.id": SettingRule(allowed: [], reason: "members are dynamic, so that a stopped one is replaced at once"),
            "client.id": SettingRule(allowed: [], reason: "it is given by itself"),
            "bootstrap.servers": ownBrokers,
            "metadata.broker.list": ownBrokers,
            "delivery.report.only.error": SettingRule(
                allowed: ["false"], reason: "a record counts as stored by its report alone, so it would wait for ever"),
            "log.queue": SettingRule(allowed: ["true"], reason: "librdkafka's log goes to the application's"),
        ]
    }()

    /// Nil where no rule is broken.
    static func problem(_ name: String, _ value: String) -> KafkaSettingProblem? {
        guard let rule = all[name], !rule.allowed.contains(value.lowercased()) else { return nil }
        return KafkaSettingProblem(
            name: name, what: rule.reason, expected: rule.allowed.first.map { "\($0), or that it is left out" } ?? "that it is left out")
    }

    /// A setting's first name, where it has several.
    static func canonical(_ name: String) -> String { aliases[name] ?? name }

    private static let aliases = [
        "request.required.acks": "acks",
        "queue.buffering.max.ms": "linger.ms",
        "delivery.timeout.ms": "message.timeout.ms",
        "fetch.message.max.bytes": "max.partition.fetch.bytes",
        "auto.commit.enable": "enable.auto.commit",
    ]
}
