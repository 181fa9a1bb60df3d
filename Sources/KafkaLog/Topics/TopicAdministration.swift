package import EventLog

/// Makes topics and tells their settings: what not every broker lets its clients do.
package protocol TopicAdministration: Sendable {
    /// - Throws: `topicExists` where it is there already.
    func create(_ topic: Topic, _ settings: TopicSettings) async throws(LogError)

    /// By Kafka's names.
    ///
    /// - Throws: `misconfigured` where the brokers do not tell them to this client.
    func settings(of topic: Topic) async throws(LogError) -> [String: String]
}
