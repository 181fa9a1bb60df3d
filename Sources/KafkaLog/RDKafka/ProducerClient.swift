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
        /// Of key and value.
        let bytes: Int
        /// Whether the record was given up by ``purge()``, and the error tells nothing new.
        let isPurged: Bool
    }

    let client: Client
    private let topics = Topics()

    /// - Parameters:
    ///   - deliveries: called on the client's thread; in the order of sending for those of one partition that went well.
    ///   - tick: called on the client's thread after them, and after ``Client/wake()``.
    ///   - mayEnd: asked while the client ends, whether every record is accounted for.
    ///   - end: called on the client's thread when no more deliveries come.
    init(
        settings: ClientSettings, logger: Logger, statistics: KafkaMetrics, deliveries: @escaping @Sendable ([Delivery]) -> Void,
        tick: @escaping @Sendable () -> Void, mayEnd: @escaping @Sendable () -> Bool, end: @escaping @Sendable () -> Void
    ) throws(LogError) {
        client = try Client(
            .producer, settings: settings, logger: logger, statistics: statistics,
            duties: Client.Duties(
                serve: { _, event, type in
                    if type == RD_KAFKA_EVENT_DR { deliveries(Self.deliveries(of: event)) }
                },
                tick: { _ in tick() },
                finish: { [topics] client, serveNext in
                    var rounds = 0
                    // The purge leads to a report for each record soon; what librdkafka does not report by then is given up by `end`.
                    while !mayEnd(), rounds < 50 {
                        if rounds % 10 == 0 { Self.purge(client) }
                        serveNext(100)
                        tick()
                        rounds += 1
                    }
                    end()
                    topics.close()
                }))
    }

    /// Gives up everything that is queued or in flight; the deliveries that say so follow.
    func purge() {
        // A client that has ended has nothing in flight.
        try? client.use("cannot give up what is in flight") { Self.purge($0) }
    }

    private static func purge(_ client: OpaquePointer) {
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// Enqueues a copy of the record; never blocks. An empty value is sent as none, a tombstone, which has compaction forget the key.
    func send(_ record: LogRecord, to partition: TopicPartition, ticket: Int) -> LogError? {
        let action = "cannot append to \(partition)"
        let topic: Handle
        do throws(LogError) {
            topic = try topics.handle(of: partition.topic, client)
        } catch {
            return error
        }
        let outcome = topic.use { topic in
            Self.withBytes(record.key) { key in
                record.value.withUnsafeBytes { value in
                    rd_kafka_produce(
                        topic, partition.partition.rawValue, RD_KAFKA_MSG_F_COPY,
                        value.isEmpty ? nil : UnsafeMutableRawPointer(mutating: value.baseAddress), value.count, key.baseAddress, key.count,
                        UnsafeMutableRawPointer(bitPattern: ticket + 1)) == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error()
                }
            }
        }
        guard outcome != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return client.error(outcome ?? RD_KAFKA_RESP_ERR__DESTROY, action)
    }

    /// No bytes are still a key: a compacted topic takes no record without one.
    private static func withBytes<T>(_ key: Bytes, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        key.withUnsafeBytes { buffer in
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
                    bytes: message.pointee.len + message.pointee.key_len,
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

/// The topics that a client has sent to. Shared with its thread, which must not keep the producer alive.
private final class Topics: Sendable {
    private let state = Mutex<(handles: [Topic: Handle], isClosed: Bool)>(([:], false))

    func handle(of topic: Topic, _ client: Client) throws(LogError) -> Handle {
        let action = "cannot append to topic '\(topic)'"
        let result: Result<Handle, LogError> = state.withLock { state in
            if let handle = state.handles[topic] { return .success(handle) }
            guard !state.isClosed else { return .failure(client.error(RD_KAFKA_RESP_ERR__DESTROY, action)) }
            do throws(LogError) {
                let handle = try client.use(action) { client throws(LogError) in
                    guard let pointer = rd_kafka_topic_new(client, topic.name, nil) else { throw LogError(rd_kafka_last_error(), action) }
                    return Handle(pointer) { rd_kafka_topic_destroy($0) }
                }
                state.handles[topic] = handle
                return .success(handle)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// They must be gone before the client is.
    func close() {
        let handles = state.withLock { state in
            state.isClosed = true
            defer { state.handles = [:] }
            return Array(state.handles.values)
        }
        for handle in handles { handle.destroy() }
    }
}
