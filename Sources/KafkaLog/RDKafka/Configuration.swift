import CRdKafka
import EventLog
import Foundation

/// A client's settings as librdkafka takes them.
final class Configuration {
    private let kind: ClientKind
    private let redaction: Redaction
    private var conf: OpaquePointer?

    /// - Parameter isTrial: the client is only to be made, and must not reach for a broker.
    init(_ kind: ClientKind, _ settings: ClientSettings, isTrial: Bool = false) throws(LogError) {
        self.kind = kind
        redaction = settings.redaction
        conf = rd_kafka_conf_new()
        for (name, value) in settings.pairs(for: kind) where !isTrial || name != "bootstrap.servers" { try set(name, value) }
        // Newer versions know how long to wait with a full queue; 2.0.2 waits for a second, which ``PartitionConsumer`` sees to.
        if !settings.isOwn("fetch.queue.backoff.ms") { _ = rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "10", nil, 0) }
        rd_kafka_conf_set_events(
            conf,
            RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_REBALANCE
                | RD_KAFKA_EVENT_OFFSET_COMMIT)
    }

    deinit { if let conf { rd_kafka_conf_destroy(conf) } }

    /// Has librdkafka judge the settings for each kind of client, since some are wrong only together, and only for one kind.
    ///
    /// - Throws: `misconfigured` with librdkafka's reason.
    static func check(_ settings: ClientSettings) throws(LogError) {
        for kind in [ClientKind.producer, .reader, .member(group: "settings")] {
            let (client, queue) = try Configuration(kind, settings, isTrial: true).makeClient()
            // Which takes a moment.
            Thread.detachNewThread {
                queue.destroy()
                client.destroy()
            }
        }
    }

    /// What librdkafka says to one setting alone.
    static func problem(_ name: String, _ value: String, _ redaction: Redaction) -> KafkaSettingProblem? {
        let conf = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(conf) }
        return set(name, value, in: conf, redaction).map {
            KafkaSettingProblem(name: name, what: $0, expected: "a setting as librdkafka's CONFIGURATION.md has it")
        }
    }

    private func set(_ name: String, _ value: String) throws(LogError) {
        guard let reason = Self.set(name, value, in: conf, redaction) else { return }
        throw LogError(.misconfigured, "the Kafka setting '\(name)' is wrong: \(reason)")
    }

    /// Librdkafka's reason where it does not take the setting.
    private static func set(_ name: String, _ value: String, in conf: OpaquePointer?, _ redaction: Redaction) -> String? {
        var reason = [CChar](repeating: 0, count: 512)
        guard rd_kafka_conf_set(conf, name, value, &reason, reason.count) != RD_KAFKA_CONF_OK else { return nil }
        let text = words(reason, redaction)
        return Redaction.isSecret(name) && !value.isEmpty ? Redaction([name: value])(text) : text
    }

    /// A client, which owns the settings from here on, and its queue of events, which is to be destroyed first.
    func makeClient() throws(LogError) -> (client: Handle, queue: Handle) {
        var reason = [CChar](repeating: 0, count: 512)
        let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let client = rd_kafka_new(type, conf, &reason, reason.count) else {
            throw LogError(.misconfigured, "the Kafka settings do not go together (\(kind.name)): \(Self.words(reason, redaction))")
        }
        conf = nil
        let queue: OpaquePointer
        // A group that was not left by its end is not waited for.
        let flags: Int32
        if case .member = kind {
            rd_kafka_poll_set_consumer(client)
            queue = rd_kafka_queue_get_consumer(client)
            flags = RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE
        } else {
            queue = rd_kafka_queue_get_main(client)
            flags = 0
        }
        rd_kafka_set_log_queue(client, nil)
        return (Handle(client) { rd_kafka_destroy_flags($0, flags) }, Handle(queue) { rd_kafka_queue_destroy($0) })
    }

    private static func words(_ reason: [CChar], _ redaction: Redaction) -> String {
        redaction(String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
