import CRdKafka
import EventLog
import EventModel
import Synchronization

/// Fetches one partition into a queue of its own, without a group.
///
/// Unchecked: the handles may be used from any thread; that they are still there, and what changes, is guarded by `state`, and by
/// `nudging` while a nudge blocks.
final class PartitionConsumer: @unchecked Sendable {
    private let client: Client
    private let partition: TopicPartition
    private let topic: OpaquePointer
    private let queue: OpaquePointer
    /// Told when the queue is empty no longer.
    private let arrival: Arrival
    private let state = Mutex(State())
    private let nudging = Mutex(())
    private let bytesPerNudge: Int

    private struct State {
        var isStopped = false
        var drained = Drained()
        var bytesSinceNudge = 0
    }

    /// - Throws: what librdkafka says of it.
    init(_ client: Client, _ partition: TopicPartition, from offset: Offset, queuedBytes: Int, arrival: Arrival) throws(LogError) {
        let action = "cannot read \(partition)"
        guard let topic = rd_kafka_topic_new(client.handle, partition.topic.name, nil) else {
            throw LogError(rd_kafka_last_error(), action)
        }
        guard let queue = rd_kafka_queue_new(client.handle) else {
            rd_kafka_topic_destroy(topic)
            throw LogError(.unavailable, action)
        }
        // `arrival` outlives the registration, which `stop` ends.
        rd_kafka_queue_cb_event_enable(
            queue, { _, arrival in if let arrival { Unmanaged<Arrival>.fromOpaque(arrival).takeUnretainedValue().signal() } },
            Unmanaged.passUnretained(arrival).toOpaque())
        guard rd_kafka_consume_start_queue(topic, partition.partition.rawValue, offset.rawValue, queue) == 0 else {
            let error = rd_kafka_last_error()
            rd_kafka_queue_cb_event_enable(queue, nil, nil)
            rd_kafka_queue_destroy(queue)
            rd_kafka_topic_destroy(topic)
            throw LogError(error, action)
        }
        self.client = client
        self.partition = partition
        self.topic = topic
        self.queue = queue
        self.arrival = arrival
        bytesPerNudge = max(1, queuedBytes / 4)
    }

    /// Takes what has been fetched, up to about `maximumBytes`; never blocks. The batch is nil where nothing has.
    func drain(maximumBytes: Int) -> (batch: LogBatch?, error: LogError?) {
        state.withLock { state in
            guard !state.isStopped else { return (nil, LogError(.closed, "cannot read \(partition): the reader is closed")) }
            state.drained.begin(maximumBytes: maximumBytes, queued: rd_kafka_queue_length(queue), client: client.handle)
            withUnsafeMutablePointer(to: &state.drained) { drained in
                _ = rd_kafka_consume_callback_queue(
                    queue, 0,
                    { message, drained in
                        guard let message, let drained else { return }
                        drained.assumingMemoryBound(to: Drained.self).pointee.take(message)
                    }, drained)
            }
            let error = state.drained.error.map { LogError($0.code, "cannot read \(partition)", detail: $0.words) }
            guard let last = state.drained.lastOffset else { return (nil, error) }
            state.bytesSinceNudge += state.drained.byteCount
            return (LogBatch(entries: state.drained.entries(), end: end(after: Offset(last))), error)
        }
    }

    /// Whether enough was taken that librdkafka should be told to fetch on; asked after each ``drain(maximumBytes:)``.
    ///
    /// Below 2.2 a partition whose queue was full is not looked at again for up to a second, unless something else happens at its broker
    /// (confluentinc/librdkafka#2879). So after each quarter of the queue something has to happen there: ``nudge()``.
    func needsNudge() -> Bool {
        guard Self.stallsWhenFull else { return false }
        return state.withLock { state in
            guard state.bytesSinceNudge > bytesPerNudge else { return false }
            state.bytesSinceNudge = 0
            return true
        }
    }

    /// Asks the broker for the partition's bounds, which has its thread look at the queue. Blocks.
    func nudge() {
        nudging.withLock { _ in
            guard !state.withLock({ $0.isStopped }) else { return }
            var low: Int64 = 0
            var high: Int64 = 0
            _ = rd_kafka_query_watermark_offsets(client.handle, partition.topic.name, partition.partition.rawValue, &low, &high, 1000)
        }
    }

    private static let stallsWhenFull = rd_kafka_version() < 0x0202_0000

    /// Ends the fetching and destroys the queue. Blocks for a moment.
    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        guard isFirst else { return }
        nudging.withLock { _ in
            rd_kafka_queue_cb_event_enable(queue, nil, nil)
            _ = rd_kafka_consume_stop(topic, partition.partition.rawValue)
            rd_kafka_queue_destroy(queue)
            rd_kafka_topic_destroy(topic)
        }
    }

    private func end(after last: Offset) -> Offset {
        var low: Int64 = 0
        var high: Int64 = 0
        let error = rd_kafka_get_watermark_offsets(client.handle, partition.topic.name, partition.partition.rawValue, &low, &high)
        return error == RD_KAFKA_RESP_ERR_NO_ERROR ? max(Offset(high), last.next) : last.next
    }
}
