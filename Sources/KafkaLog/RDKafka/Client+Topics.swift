import CRdKafka
import EventLog

/// Questions to the brokers. All of them block until the answer, or the timeout in milliseconds.
extension Client {
    /// What the brokers tell of a topic; nil where it does not exist. Makes no topic: `allow.auto.create.topics` is off.
    func metadata(of topic: Topic, timeout: Int32) throws(LogError) -> TopicMetadata? {
        let action = "cannot look up topic '\(topic)'"
        return try use(action) { client throws(LogError) in
            guard let local = rd_kafka_topic_new(client, topic.name, nil) else { throw error(rd_kafka_last_error(), action) }
            defer { rd_kafka_topic_destroy(local) }
            var answer: UnsafePointer<rd_kafka_metadata>?
            let outcome = rd_kafka_metadata(client, 0, local, &answer, timeout)
            guard outcome == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw error(outcome, action) }
            defer { rd_kafka_metadata_destroy(answer) }
            guard answer.pointee.topic_cnt > 0 else { return nil }
            let found = answer.pointee.topics[0]
            switch found.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: break
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return nil
            case let fault: throw error(fault, action)
            }
            let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
            return TopicMetadata(
                partitions: partitions.count, replicas: partitions.map { Int($0.replica_cnt) }.min() ?? 0,
                leader: partitions.map(\.leader).first { $0 >= 0 }, hasLeaders: partitions.allSatisfy { $0.leader >= 0 })
        }
    }

    /// The offsets that a partition holds; nil where the broker that was asked is gone, does not know yet that it leads the partition, as of a
    /// topic just made, or does not lead it any more. Then a look at the metadata tells librdkafka whom to ask instead.
    func bounds(of partition: TopicPartition, timeout: Int32) throws(LogError) -> Range<Offset>? {
        let action = "cannot find the bounds of \(partition)"
        return try use(action) { client throws(LogError) in
            guard let low = try offset(.beginning, of: partition, client, timeout, action),
                let high = try offset(.end, of: partition, client, timeout, action)
            else { return nil }
            return Offset(low)..<Offset(max(low, high))
        }
    }

    private enum Bound: Int64 {
        // ListOffsets' own numbers.
        case end = -1
        case beginning = -2
    }

    /// By a question that ends in time. `rd_kafka_query_watermark_offsets` does not: of a leader that is gone it is asked again and again for as
    /// long as no connection can be made, whatever the timeout (seen with 2.0.2).
    private func offset(
        _ bound: Bound, of partition: TopicPartition, _ client: OpaquePointer, _ timeout: Int32, _ action: String
    ) throws(LogError) -> Int64? {
        guard let list = rd_kafka_topic_partition_list_new(1) else { throw LogError(.unavailable, action) }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, partition.topic.name, partition.partition.rawValue).pointee.offset = bound.rawValue
        var outcome = rd_kafka_offsets_for_times(client, list, timeout)
        if outcome == RD_KAFKA_RESP_ERR_NO_ERROR { outcome = list.pointee.elems[0].err }
        switch outcome {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return list.pointee.elems[0].offset
        case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT,
            RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            // Librdkafka's own word, and not a broker's: it knows none that leads the partition.
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return nil
        default: throw error(outcome, action)
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
        else { throw error(RD_KAFKA_RESP_ERR__INVALID_ARG, action, words: reason) }
        defer { rd_kafka_NewTopic_destroy(new) }
        for (name, value) in configuration { rd_kafka_NewTopic_set_config(new, name, value) }
        try ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, action, timeout) { client, options, queue in
            rd_kafka_AdminOptions_set_operation_timeout(options, timeout, nil, 0)
            var topics: [OpaquePointer?] = [new]
            rd_kafka_CreateTopics(client, &topics, 1, options, queue)
        } answer: { event throws(LogError) in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            _ = try first(results, count, action, rd_kafka_topic_result_error, rd_kafka_topic_result_error_string)
        }
    }

    /// The cluster's brokers, each as `host:port`.
    func brokers(timeout: Int32) throws(LogError) -> [String] {
        let action = "cannot look up the brokers"
        return try use(action) { client throws(LogError) in
            var answer: UnsafePointer<rd_kafka_metadata>?
            let outcome = rd_kafka_metadata(client, 0, nil, &answer, timeout)
            guard outcome == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw error(outcome, action) }
            defer { rd_kafka_metadata_destroy(answer) }
            return UnsafeBufferPointer(start: answer.pointee.brokers, count: Int(answer.pointee.broker_cnt)).map {
                "\(String(cString: $0.host)):\($0.port)"
            }
        }
    }

    /// One of the brokers; nil where there is none.
    func anyBroker(timeout: Int32) throws(LogError) -> Int32? {
        let action = "cannot look up the brokers"
        return try use(action) { client throws(LogError) in
            var answer: UnsafePointer<rd_kafka_metadata>?
            let outcome = rd_kafka_metadata(client, 0, nil, &answer, timeout)
            guard outcome == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw error(outcome, action) }
            defer { rd_kafka_metadata_destroy(answer) }
            return answer.pointee.broker_cnt > 0 ? answer.pointee.brokers[0].id : nil
        }
    }

    /// A topic's settings, by the admin API.
    ///
    /// - Parameter broker: whom to ask, since any of them knows. Librdkafka would ask the controller, and wait for one where the brokers name
    ///   none, before it finds out whether they know the question.
    func configuration(of topic: Topic, askedOf broker: Int32?, timeout: Int32) throws(LogError) -> [String: String] {
        try configuration(
            RD_KAFKA_RESOURCE_TOPIC, topic.name, askedOf: broker, "cannot read the settings of topic '\(topic)'", timeout)
    }

    /// A broker's settings, which it alone knows.
    func configuration(ofBroker broker: Int32, timeout: Int32) throws(LogError) -> [String: String] {
        try configuration(
            RD_KAFKA_RESOURCE_BROKER, String(broker), askedOf: nil, "cannot read the settings of broker \(broker)", timeout)
    }

    private func configuration(
        _ type: rd_kafka_ResourceType_t, _ name: String, askedOf broker: Int32?, _ action: String, _ timeout: Int32
    ) throws(LogError) -> [String: String] {
        guard let resource = rd_kafka_ConfigResource_new(type, name) else {
            throw error(RD_KAFKA_RESP_ERR__INVALID_ARG, action)
        }
        defer { rd_kafka_ConfigResource_destroy(resource) }
        var settings: [String: String] = [:]
        try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, action, timeout) { client, options, queue in
            if let broker { rd_kafka_AdminOptions_set_broker(options, broker, nil, 0) }
            var resources: [OpaquePointer?] = [resource]
            rd_kafka_DescribeConfigs(client, &resources, 1, options, queue)
        } answer: { event throws(LogError) in
            var count = 0
            let results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
            let result = try first(results, count, action, rd_kafka_ConfigResource_error, rd_kafka_ConfigResource_error_string)
            let entries = UnsafeBufferPointer(start: rd_kafka_ConfigResource_configs(result, &count), count: count)
            for entry in entries {
                guard let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry) else { continue }
                settings[String(cString: name)] = String(cString: value)
            }
        }
        return settings
    }

    /// One request of the admin API, answered on a queue of its own.
    private func ask(
        _ operation: rd_kafka_admin_op_t, _ action: String, _ timeout: Int32,
        request: (_ client: OpaquePointer, _ options: OpaquePointer?, _ queue: OpaquePointer) -> Void,
        answer: (_ event: OpaquePointer) throws(LogError) -> Void
    ) throws(LogError) {
        try use(action) { client throws(LogError) in
            guard let queue = rd_kafka_queue_new(client) else { throw LogError(.unavailable, action) }
            defer { rd_kafka_queue_destroy(queue) }
            let options = rd_kafka_AdminOptions_new(client, operation)
            defer { if let options { rd_kafka_AdminOptions_destroy(options) } }
            rd_kafka_AdminOptions_set_request_timeout(options, timeout, nil, 0)
            request(client, options, queue)
            guard let event = rd_kafka_queue_poll(queue, timeout + 1000) else { throw error(RD_KAFKA_RESP_ERR__TIMED_OUT, action) }
            defer { rd_kafka_event_destroy(event) }
            let outcome = rd_kafka_event_error(event)
            guard outcome == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw error(outcome, action, words: rd_kafka_event_error_string(event))
            }
            try answer(event)
        }
    }

    /// The result of a request for one thing, which may be an error of its own.
    private func first(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ action: String,
        _ outcome: (OpaquePointer?) -> rd_kafka_resp_err_t,
        _ words: (OpaquePointer?) -> UnsafePointer<CChar>?
    ) throws(LogError) -> OpaquePointer {
        guard count > 0, let result = results?[0] else { throw LogError(.unavailable, "\(action): Kafka does not say what became of it") }
        guard outcome(result) == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(outcome(result), action, words: words(result)) }
        return result
    }
}
