import EventLog

/// By Kafka's admin API.
struct BrokerAdministration: TopicAdministration {
    let control: Client
    let calls: BlockingCalls
    let timeout: Int32

    func create(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        try await calls.run { [self] () throws(LogError) in
            let replicas = settings.replicas ?? defaultReplicas()
            let configuration = Self.configuration(for: settings, replicas: replicas)
            try control.createTopic(topic, settings, configuration: configuration, timeout: timeout)
        }
    }

    func settings(of topic: Topic) async throws(LogError) -> [String: String] {
        try await calls.run { [self] () throws(LogError) in
            let leader = try control.metadata(of: topic, timeout: timeout)?.leader
            return try control.configuration(of: topic, askedOf: leader, timeout: timeout)
        }
    }

    /// How many copies of a topic the brokers make that are not told how many; nil where they do not tell.
    private func defaultReplicas() -> Int? {
        guard let broker = try? control.anyBroker(timeout: timeout) else { return nil }
        return (try? control.configuration(ofBroker: broker, timeout: timeout))?["default.replication.factor"].flatMap { Int($0) }
    }

    /// The settings of a new topic, by Kafka's names.
    ///
    /// - Parameter replicas: how many copies of it there will be; nil where that is not known.
    static func configuration(for settings: TopicSettings, replicas: Int?) -> [String: String] {
        // Stored at the broker's time, as the port has it.
        var configuration = ["message.timestamp.type": "LogAppendTime"]
        switch settings.retention {
        case .forever:
            configuration["cleanup.policy"] = "delete"
            configuration["retention.ms"] = "-1"
            configuration["retention.bytes"] = "-1"
            configuration["unclean.leader.election.enable"] = "false"
            // An acknowledged event must survive the loss of a broker.
            if let replicas, replicas > 1 { configuration["min.insync.replicas"] = "2" }
        case .newestPerKey:
            configuration["cleanup.policy"] = "compact"
            // A directory of few keys: its readers begin at the start, so what is outdated goes soon.
            configuration["segment.ms"] = "600000"
            configuration["min.cleanable.dirty.ratio"] = "0.1"
        }
        if let bytes = settings.recordBytes { configuration["max.message.bytes"] = String(bytes) }
        if let minimum = settings.minimumInSyncReplicas { configuration["min.insync.replicas"] = String(minimum) }
        return configuration
    }
}
