import CRdKafka
import EventLog
import EventModel
import Logging
import Synchronization

/// A producing client of librdkafka: sends records, and tells what became of each by the ticket that it was sent with.
final class ProducerClient: Sendable {
    /// What became of a sent record.
    struct Delivery {
        let ticket: Int
        /// Where the record stands; of no meaning after an error.
        let offset: Int64
        let error: LogError?
        /// Whether the record was given up by ``purge()``, and the error tells nothing new.
        let isPurged: Bool
    }

    private struct Topics: @unchecked Sendable {  // librdkafka's topic handles may be used from any thread
        var handles: [Topic: OpaquePointer] = [:]
    }

    let client: Client
    private let topics: Box

    /// Shared with the thread, which must not keep the producer alive.
    private final class Box: Sendable {
        let topics = Mutex(Topics())
    }

    /// - Parameters:
    ///   - deliveries: called on the client's thread; in the order of sending for those of one partition that went well.
    ///   - tick: called on the client's thread after them, and after ``wake()``.
    ///   - mayEnd: asked while the client ends, whether every record is accounted for.
    ///   - end: called on the client's thread when no more deliveries come.
    init(
        settings: ClientSettings, logger: Logger, statistics: KafkaMetrics, deliveries: @escaping @Sendable ([Delivery]) -> Void,
        tick: @escaping @Sendable () -> Void, mayEnd: @escaping @Sendable () -> Bool, end: @escaping @Sendable () -> Void
    ) throws(LogError) {
        let box = Box()
        topics = box
        client = try Client(.producer, settings: settings, logger: logger, statistics: statistics) { handle in
            nonisolated(unsafe) let handle = handle  // librdkafka's handle may be used from any thread
            return Client.Duties(
                serve: { event, type in
                    if type == RD_KAFKA_EVENT_DR { deliveries(Self.deliveries(of: event)) }
                },
                tick: tick,
                finish: { serveNext in
                    var rounds = 0
                    // The purge leads to a report for each record soon; what librdkafka does not report by then is given up by `end`.
                    while !mayEnd(), rounds < 50 {
                        if rounds % 10 == 0 { Self.purge(handle) }
                        serveNext(100)
                        tick()
                        rounds += 1
                    }
                    end()
                    let handles = box.topics.withLock { topics in
                        defer { topics.handles = [:] }
                        return topics
                    }
                    for topic in handles.handles.values { rd_kafka_topic_destroy(topic) }
                })
        }
    }

    /// Gives up everything that is queued or in flight; the deliveries that say so follow.
    func purge() { Self.purge(client.handle) }

    private static func purge(_ handle: OpaquePointer) {
        rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// Enqueues a copy of the record; never blocks. Not to be called once the client ends.
    func send(_ record: LogRecord, to partition: TopicPartition, ticket: Int) -> LogError? {
        guard let topic = topic(partition.topic) else {
            return LogError(rd_kafka_last_error(), "cannot append to \(partition)")
        }
        let failed = Self.withBytes(record.key) { key in
            Self.withBytes(record.value) { value in
                rd_kafka_produce(
                    topic, partition.partition.rawValue, RD_KAFKA_MSG_F_COPY, UnsafeMutableRawPointer(mutating: value.baseAddress),
                    value.count, key.baseAddress, key.count, UnsafeMutableRawPointer(bitPattern: ticket + 1)) != 0
            }
        }
        return failed ? LogError(rd_kafka_last_error(), "cannot append to \(partition)") : nil
    }

    private func topic(_ topic: Topic) -> OpaquePointer? {
        topics.topics.withLock { topics in
            if let handle = topics.handles[topic] { return Topics(handles: [topic: handle]) }
            guard let handle = rd_kafka_topic_new(client.handle, topic.name, nil) else { return Topics() }
            topics.handles[topic] = handle
            return Topics(handles: [topic: handle])
        }.handles[topic]
    }

    /// No bytes are still a key or value, not the lack of one.
    private static func withBytes<T>(_ bytes: Bytes, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        bytes.withUnsafeBytes { buffer in
            if buffer.baseAddress != nil { return body(buffer) }
            return withUnsafeBytes(of: 0 as UInt8) { body(UnsafeRawBufferPointer(rebasing: $0[..<0])) }
        }
    }

    private static func deliveries(of event: OpaquePointer) -> [Delivery] {
        var deliveries: [Delivery] = []
        deliveries.reserveCapacity(rd_kafka_event_message_count(event))
        while let message = rd_kafka_event_message_next(event) {
            guard let opaque = message.pointee._private else { continue }
            deliveries.append(
                Delivery(
                    ticket: Int(bitPattern: opaque) - 1, offset: message.pointee.offset, error: error(of: message.pointee),
                    isPurged: message.pointee.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE
                        || message.pointee.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT))
        }
        return deliveries
    }

    private static func error(of message: rd_kafka_message_t) -> LogError? {
        if message.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset >= 0 { return nil }
        let topic = message.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
        let action = "cannot tell that a record was appended to \(topic)/\(message.partition)"
        if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            // A retry of what the broker had stored already, so long ago that it does not say where.
            return LogError(.unavailable, "\(action): Kafka does not say at which offset")
        }
        return LogError(message.err, action)
    }
}
