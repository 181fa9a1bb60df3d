import CRdKafka
import EventLog
import Foundation

/// Questions to the brokers. All of them block until the answer, or the timeout.
extension Client {
    /// What the brokers tell of a topic; nil where it does not exist. Makes no topic: `allow.auto.create.topics` is off.
    func metadata(of topic: Topic, timeout: Int32) throws(LogError) -> TopicMetadata? {
        let action = "cannot look up topic '\(topic)'"
        guard let local = rd_kafka_topic_new(handle, topic.name, nil) else {
            throw LogError(rd_kafka_last_error(), action)
        }
        defer { rd_kafka_topic_destroy(local) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(handle, 0, local, &answer, timeout)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw LogError(error, action) }
        defer { rd_kafka_metadata_destroy(answer) }
        guard answer.pointee.topic_cnt > 0 else { return nil }
        let found = answer.pointee.topics[0]
        switch found.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: break
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return nil
        case let error: throw LogError(error, action)
        }
        let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
        return TopicMetadata(
            partitions: partitions.count, replicas: partitions.map { Int($0.replica_cnt) }.min() ?? 0,
            hasLeaders: partitions.allSatisfy { $0.leader >= 0 })
    }

    /// The offsets that a partition holds. A leader that does not know yet that it is one, as of a topic just made, or does not lead any
    /// more, is asked for again; librdkafka does not.
    func bounds(of partition: TopicPartition, timeout: Int32) throws(LogError) -> Range<Offset> {
        let deadline = ContinuousClock.now + .milliseconds(Int(timeout))
        while true {
            var low: Int64 = 0
            var high: Int64 = 0
            let error = rd_kafka_query_watermark_offsets(
                handle, partition.topic.name, partition.partition.rawValue, &low, &high, timeout)
            switch error {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                return Offset(low)..<Offset(max(low, high))
            case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
                guard ContinuousClock.now < deadline else { fallthrough }
                usleep(50_000)
                _ = try metadata(of: partition.topic, timeout: timeout)
            default:
                throw LogError(error, "cannot find the bounds of \(partition)")
            }
        }
    }

    /// Makes a topic by the admin API.
    func createTopic(_ topic: Topic, _ settings: TopicSettings, configuration: [String: String], timeout: Int32) throws(LogError) {
        let action = "cannot create topic '\(topic)'"
        var reason = [CChar](repeating: 0, count: 256)
        guard
            let new = rd_kafka_NewTopic_new(
                topic.name, Int32(clamping: settings.partitions), settings.replicas.map { Int32(clamping: $0) } ?? -1, &reason,
                reason.count)
        else { throw LogError(RD_KAFKA_RESP_ERR__INVALID_ARG, action, detail: Self.text(reason)) }
        defer { rd_kafka_NewTopic_destroy(new) }
        for (name, value) in configuration { rd_kafka_NewTopic_set_config(new, name, value) }
        try ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, action, timeout) { options, queue in
            var topics: [OpaquePointer?] = [new]
            rd_kafka_CreateTopics(handle, &topics, 1, options, queue)
        } answer: { event throws(LogError) in
            var count = 0
            guard let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count), count > 0,
                let result = results[0]
            else { throw LogError(.unavailable, "\(action): Kafka does not say what became of it") }
            let error = rd_kafka_topic_result_error(result)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw LogError(error, action, detail: rd_kafka_topic_result_error_string(result).map { String(cString: $0) })
            }
        }
    }

    /// A topic's settings, by the admin API.
    func configuration(of topic: Topic, timeout: Int32) throws(LogError) -> [String: String] {
        let action = "cannot read the settings of topic '\(topic)'"
        guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name) else {
            throw LogError(RD_KAFKA_RESP_ERR__INVALID_ARG, action)
        }
        defer { rd_kafka_ConfigResource_destroy(resource) }
        var settings: [String: String] = [:]
        try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, action, timeout) { options, queue in
            var resources: [OpaquePointer?] = [resource]
            rd_kafka_DescribeConfigs(handle, &resources, 1, options, queue)
        } answer: { event throws(LogError) in
            var count = 0
            guard let results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count), count > 0,
                let result = results[0]
            else { throw LogError(.unavailable, "\(action): Kafka does not tell them") }
            let error = rd_kafka_ConfigResource_error(result)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw LogError(error, action, detail: rd_kafka_ConfigResource_error_string(result).map { String(cString: $0) })
            }
            var entryCount = 0
            let entries = rd_kafka_ConfigResource_configs(result, &entryCount)
            for index in 0..<entryCount {
                guard let entry = entries?[index], let name = rd_kafka_ConfigEntry_name(entry),
                    let value = rd_kafka_ConfigEntry_value(entry)
                else { continue }
                settings[String(cString: name)] = String(cString: value)
            }
        }
        return settings
    }

    /// One request of the admin API, answered on a queue of its own.
    private func ask(
        _ operation: rd_kafka_admin_op_t, _ action: String, _ timeout: Int32, request: (OpaquePointer?, OpaquePointer) -> Void,
        answer: (OpaquePointer) throws(LogError) -> Void
    ) throws(LogError) {
        guard let queue = rd_kafka_queue_new(handle) else { throw LogError(.unavailable, action) }
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(handle, operation)
        defer { if let options { rd_kafka_AdminOptions_destroy(options) } }
        var reason = [CChar](repeating: 0, count: 256)
        rd_kafka_AdminOptions_set_request_timeout(options, timeout, &reason, reason.count)
        if operation == RD_KAFKA_ADMIN_OP_CREATETOPICS {
            rd_kafka_AdminOptions_set_operation_timeout(options, timeout, &reason, reason.count)
        }
        request(options, queue)
        guard let event = rd_kafka_queue_poll(queue, timeout + 1000) else {
            throw LogError(RD_KAFKA_RESP_ERR__TIMED_OUT, action)
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw LogError(error, action, detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        try answer(event)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
