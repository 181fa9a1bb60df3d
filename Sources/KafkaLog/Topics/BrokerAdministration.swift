import EventLog

/// By Kafka's admin API.
struct BrokerAdministration: TopicAdministration {
    let control: Client
    let calls: BlockingCalls
    let timeout: Int32

    func create(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        let configuration = Self.configuration(for: settings)
        try await calls.run { [self] () throws(LogError) in
            try control.createTopic(topic, settings, configuration: configuration, timeout: timeout)
        }
    }

    func settings(of topic: Topic) async throws(LogError) -> [String: String] {
        try await calls.run { [self] () throws(LogError) in
            let leader = try control.metadata(of: topic, timeout: timeout)?.leader
            return try control.configuration(of: topic, askedOf: leader, timeout: timeout)
        }
    }

    /// The settings of a new topic, by Kafka's names.
    static func configuration(for settings: TopicSettings) -> [String: String] {
        // Stored at the broker's time, as the port has it.
        var configuration = ["message.timestamp.type": "LogAppendTime"]
        switch settings.retention {
        case .forever:
            configuration["cleanup.policy"] = "delete"
            configuration["retention.ms"] = "-1"
            configuration["retention.bytes"] = "-1"
            configuration["unclean.leader.election.enable"] = "false"
        case .newestPerKey:
            configuration["cleanup.policy"] = "compact"
            // A directory of few keys: its readers begin at the start, so what is outdated goes soon.
            configuration["segment.ms"] = "600000"
            configuration["min.cleanable.dirty.ratio"] = "0.1"
        }
        configuration["min.insync.replicas"] = settings.minimumInSyncReplicas.map(String.init)
        return configuration
    }
}
