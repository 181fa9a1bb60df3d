import CRdKafka
import Foundation
import Testing

/// A real Kafka, for what clients do not do: deleting topics, and setting them up wrongly.
final class RealBroker: Sendable {
    static let ours = ["ordering", "ordering.owners"]

    let bootstrap: String

    init(_ bootstrap: String) { self.bootstrap = bootstrap }

    func topics() async throws -> [String] {
        try await onThread { client in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(client, 1, nil, &metadata, 10_000)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw BrokerFailure("metadata", code) }
            defer { rd_kafka_metadata_destroy(metadata) }
            return (0..<Int(metadata.pointee.topic_cnt)).map { String(cString: metadata.pointee.topics[$0].topic) }
        }
    }

    /// Deletes those that are there.
    func delete(_ topics: [String]) async throws {
        try await onThread { client in
            try Self.administer(client) { queue in
                var requests: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
                defer { rd_kafka_DeleteTopic_destroy_array(&requests, requests.count) }
                rd_kafka_DeleteTopics(client, &requests, requests.count, nil, queue)
            } results: { event in
                var count = 0
                let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
                return (0..<count).map { rd_kafka_topic_result_error(results?[$0]) }
            }
        }
    }

    /// Makes a topic with the settings given, whatever the application thinks of them.
    func make(_ topic: String, partitions: Int, _ settings: [String: String] = [:]) async throws {
        try await onThread { client in
            try Self.administer(client) { queue in
                var text = [CChar](repeating: 0, count: 512)
                var requests: [OpaquePointer?] = [rd_kafka_NewTopic_new(topic, Int32(partitions), -1, &text, text.count)]
                defer { rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
                for (name, value) in settings { rd_kafka_NewTopic_set_config(requests[0], name, value) }
                rd_kafka_CreateTopics(client, &requests, requests.count, nil, queue)
            } results: { event in
                var count = 0
                let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
                return (0..<count).map { rd_kafka_topic_result_error(results?[$0]) }
            }
        }
    }

    /// Adds partitions to a topic, as an operator might.
    func grow(_ topic: String, to partitions: Int) async throws {
        try await onThread { client in
            try Self.administer(client) { queue in
                var text = [CChar](repeating: 0, count: 512)
                var requests: [OpaquePointer?] = [rd_kafka_NewPartitions_new(topic, partitions, &text, text.count)]
                defer { rd_kafka_NewPartitions_destroy_array(&requests, requests.count) }
                rd_kafka_CreatePartitions(client, &requests, requests.count, nil, queue)
            } results: { event in
                var count = 0
                let results = rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count)
                return (0..<count).map { rd_kafka_topic_result_error(results?[$0]) }
            }
        }
    }

    private static func administer(
        _ client: OpaquePointer, _ send: (OpaquePointer?) -> Void, results: (OpaquePointer?) -> [rd_kafka_resp_err_t]
    ) throws {
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        send(queue)
        let event = rd_kafka_queue_poll(queue, 30_000)
        guard let event else { throw BrokerFailure("administration", RD_KAFKA_RESP_ERR__TIMED_OUT) }
        defer { rd_kafka_event_destroy(event) }
        for code in [rd_kafka_event_error(event)] + results(event)
        where code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART {
            throw BrokerFailure("administration", code)
        }
    }

    /// librdkafka's calls block: on a thread of their own, with a client of their own.
    private func onThread<Result: Sendable>(_ body: @escaping @Sendable (OpaquePointer) throws -> Result) async throws -> Result {
        let bootstrap = bootstrap
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let configuration = rd_kafka_conf_new()
                var text = [CChar](repeating: 0, count: 512)
                rd_kafka_conf_set(configuration, "bootstrap.servers", bootstrap, &text, text.count)
                guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
                    continuation.resume(throwing: BrokerFailure("client", rd_kafka_last_error()))
                    return
                }
                defer { rd_kafka_destroy(client) }
                continuation.resume(with: Swift.Result { try body(client) })
            }
        }
    }
}

struct BrokerFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ code: rd_kafka_resp_err_t) { description = "\(what): \(String(cString: rd_kafka_err2str(code)))" }
}
