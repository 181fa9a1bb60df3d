import CRdKafka

/// A plain client of the cluster, which stores and shows what the log's own clients cannot: the lack of a key or value.
struct RawClient {
    private let client: OpaquePointer

    /// - Parameter group: of a consumer that asks for a group's offsets.
    init(_ type: rd_kafka_type_t, _ bootstrapServers: String, group: String? = nil) throws(CommandFailure) {
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set(conf, "bootstrap.servers", bootstrapServers, nil, 0)
        rd_kafka_conf_set(conf, "allow.auto.create.topics", "false", nil, 0)
        if let group { rd_kafka_conf_set(conf, "group.id", group, nil, 0) }
        guard let client = rd_kafka_new(type, conf, nil, 0) else {
            rd_kafka_conf_destroy(conf)
            throw CommandFailure("no client can be made")
        }
        self.client = client
    }

    func destroy() { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }

    /// Stores a record, and waits until it is.
    func append(_ key: [UInt8]?, _ value: [UInt8]?, to topic: String, _ partition: Int32) throws(CommandFailure) {
        try withTopic(topic) { topic throws(CommandFailure) in
            // A pointer marks bytes that are there, none though they may be.
            let outcome = withBytes(key) { key in
                withBytes(value) { value in
                    rd_kafka_produce(
                        topic, partition, RD_KAFKA_MSG_F_COPY, UnsafeMutableRawPointer(mutating: value?.baseAddress), value?.count ?? 0,
                        key?.baseAddress, key?.count ?? 0, nil)
                }
            }
            guard outcome == 0 else { throw CommandFailure(rd_kafka_last_error()) }
            try check(rd_kafka_flush(client, 10_000))
        }
    }

    /// The record at `offset`.
    func record(of topic: String, _ partition: Int32, at offset: Int64) throws(CommandFailure) -> (key: [UInt8]?, value: [UInt8]?) {
        try withTopic(topic) { topic throws(CommandFailure) in
            guard rd_kafka_consume_start(topic, partition, offset) == 0 else { throw CommandFailure(rd_kafka_last_error()) }
            defer { rd_kafka_consume_stop(topic, partition) }
            guard let message = rd_kafka_consume(topic, partition, 10_000) else { throw CommandFailure(rd_kafka_last_error()) }
            defer { rd_kafka_message_destroy(message) }
            try check(message.pointee.err)
            return (bytes(message.pointee.key, message.pointee.key_len), bytes(message.pointee.payload, message.pointee.len))
        }
    }

    /// The offset that the client's group has committed; nil where it has none.
    func committed(_ topic: String, _ partition: Int32) throws(CommandFailure) -> Int64? {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        let element = rd_kafka_topic_partition_list_add(list, topic, partition)
        try check(rd_kafka_committed(client, list, 10_000))
        guard let element else { return nil }
        try check(element.pointee.err)
        return element.pointee.offset < 0 ? nil : element.pointee.offset
    }

    private func withTopic<Result>(_ name: String, _ body: (OpaquePointer) throws(CommandFailure) -> Result) throws(CommandFailure)
        -> Result
    {
        guard let topic = rd_kafka_topic_new(client, name, nil) else { throw CommandFailure(rd_kafka_last_error()) }
        defer { rd_kafka_topic_destroy(topic) }
        return try body(topic)
    }

    private func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let bytes else { return body(nil) }
        // One more, so that there is an address.
        return (bytes + [0]).withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
    }

    private func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
        start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
    }

    private func check(_ error: rd_kafka_resp_err_t) throws(CommandFailure) {
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw CommandFailure(error) }
    }
}
