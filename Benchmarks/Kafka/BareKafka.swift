import CRdKafka

/// librdkafka without anything around it, on one thread: what its users could reach at most.
struct BareKafka {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let brokers: String
    let topic: String
    let partitions: Int32

    /// Produces `count` records of `bytes` to the partitions in turn, with the guarantees of ours: idempotent, acknowledged by all replicas.
    func produce(_ count: Int, bytes: Int, inFlight: Int) throws {
        let delivered = DeliveryCount()
        let client = try makeClient(
            RD_KAFKA_PRODUCER, ["enable.idempotence": "true", "acks": "all", "queue.buffering.max.messages": "1000000"], delivered)
        defer { rd_kafka_destroy(client) }
        let topic = rd_kafka_topic_new(client, topic, nil)
        defer { rd_kafka_topic_destroy(topic) }
        var value = [UInt8](repeating: 7, count: bytes)
        for number in 0..<count {
            while number - delivered.count >= inFlight { rd_kafka_poll(client, 10) }
            let key = "order/\(number)"
            let result = key.utf8.withContiguousStorageIfAvailable { key in
                value.withUnsafeMutableBytes { value in
                    rd_kafka_produce(
                        topic, Int32(number) % partitions, RD_KAFKA_MSG_F_COPY, value.baseAddress, value.count, key.baseAddress, key.count,
                        nil)
                }
            }
            guard result == 0 else { throw Failure(description: "produce: \(String(cString: rd_kafka_err2str(rd_kafka_last_error())))") }
            if number % 100 == 0 { rd_kafka_poll(client, 0) }
        }
        while delivered.count < count { rd_kafka_poll(client, 100) }
        guard delivered.failures == 0 else { throw Failure(description: "\(delivered.failures) records were not delivered") }
    }

    /// Reads every partition from its beginning to its end as it is now; tells how many records there were.
    func consume() throws -> Int {
        let client = try makeClient(RD_KAFKA_CONSUMER, ["auto.offset.reset": "error", "queued.max.messages.kbytes": "65536"], nil)
        defer { rd_kafka_destroy(client) }
        let topic = rd_kafka_topic_new(client, topic, nil)
        defer { rd_kafka_topic_destroy(topic) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        var wanted = 0
        for partition in 0..<partitions {
            var (low, high): (Int64, Int64) = (0, 0)
            rd_kafka_query_watermark_offsets(client, self.topic, partition, &low, &high, 10_000)
            wanted += Int(high - low)
            guard rd_kafka_consume_start_queue(topic, partition, Int64(RD_KAFKA_OFFSET_BEGINNING), queue) == 0 else {
                throw Failure(description: "consume: \(String(cString: rd_kafka_err2str(rd_kafka_last_error())))")
            }
        }
        var read = 0
        var bytes = 0
        var batch = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: 10_000)
        while read < wanted {
            // It waits for as many as it is asked for.
            let count = rd_kafka_consume_batch_queue(queue, 1000, &batch, min(batch.count, wanted - read))
            for index in 0..<max(0, count) {
                guard let message = batch[index] else { continue }
                if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                    read += 1
                    bytes += message.pointee.len
                }
                rd_kafka_message_destroy(message)
            }
        }
        for partition in 0..<partitions { rd_kafka_consume_stop(topic, partition) }
        return bytes > 0 ? read : 0
    }

    /// Deletes topics with all that is in them.
    func delete(_ names: [String]) throws {
        let client = try makeClient(RD_KAFKA_PRODUCER, [:], nil)
        defer { rd_kafka_destroy(client) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        var topics = names.map { rd_kafka_DeleteTopic_new($0) }
        rd_kafka_DeleteTopics(client, &topics, topics.count, nil, queue)
        if let event = rd_kafka_queue_poll(queue, 15_000) { rd_kafka_event_destroy(event) }
        for topic in topics { rd_kafka_DeleteTopic_destroy(topic) }
        // Done where the brokers do not know them any more.
        while true {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            guard rd_kafka_metadata(client, 1, nil, &metadata, 10_000) == RD_KAFKA_RESP_ERR_NO_ERROR, let found = metadata else { continue }
            defer { rd_kafka_metadata_destroy(found) }
            let known = (0..<Int(found.pointee.topic_cnt)).map { String(cString: found.pointee.topics[$0].topic) }
            if Set(known).isDisjoint(with: names) { return }
        }
    }

    private func makeClient(
        _ type: rd_kafka_type_t, _ settings: [String: String], _ delivered: DeliveryCount?
    ) throws -> OpaquePointer {
        var message = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        for (name, value) in settings.merging(["bootstrap.servers": brokers], uniquingKeysWith: { a, _ in a }) {
            rd_kafka_conf_set(configuration, name, value, &message, message.count)
        }
        if let delivered {
            rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(delivered).toOpaque())
            rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
                guard let message, let opaque else { return }
                Unmanaged<DeliveryCount>.fromOpaque(opaque).takeUnretainedValue()
                    .add(isDelivered: message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR)
            }
        }
        guard let client = rd_kafka_new(type, configuration, &message, message.count) else {
            throw Failure(description: "librdkafka: \(String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))")
        }
        return client
    }
}

/// Delivery reports, counted by the thread that polls.
private final class DeliveryCount {
    private(set) var count = 0
    private(set) var failures = 0

    func add(isDelivered: Bool) {
        count += 1
        if !isDelivered { failures += 1 }
    }
}
