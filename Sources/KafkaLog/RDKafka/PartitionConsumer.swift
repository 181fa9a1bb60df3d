import CRdKafka
import EventLog
import EventModel
import Synchronization

/// Fetches one partition into a queue of its own, without a group. To be stopped before its client is.
final class PartitionConsumer: Sendable {
    private let client: Client
    private let partition: TopicPartition
    private let topic: Handle
    private let queue: Handle
    /// Told when the queue is empty no longer.
    private let arrival: Arrival
    private let state = Mutex(State())
    private let bytesPerNudge: Int

    private struct State {
        var drained = Drained()
        var bytesSinceNudge = 0
    }

    /// What the callback of a drain works on.
    private struct Drain {
        let client: OpaquePointer
        let drained: UnsafeMutablePointer<Drained>
    }

    /// - Throws: what librdkafka says of it.
    init(_ client: Client, _ partition: TopicPartition, from offset: Offset, queuedBytes: Int, arrival: Arrival) throws(LogError) {
        let action = "cannot read \(partition)"
        (topic, queue) = try client.use(action) { handle throws(LogError) in
            guard let topic = rd_kafka_topic_new(handle, partition.topic.name, nil) else {
                throw client.error(rd_kafka_last_error(), action)
            }
            guard let queue = rd_kafka_queue_new(handle) else {
                rd_kafka_topic_destroy(topic)
                throw LogError(.unavailable, action)
            }
            // `arrival` outlives the registration, which `stop` ends.
            rd_kafka_queue_cb_event_enable(
                queue, { _, arrival in if let arrival { Unmanaged<Arrival>.fromOpaque(arrival).takeUnretainedValue().signal() } },
                Unmanaged.passUnretained(arrival).toOpaque())
            guard rd_kafka_consume_start_queue(topic, partition.partition.rawValue, offset.rawValue, queue) == 0 else {
                let error = client.error(rd_kafka_last_error(), action)
                rd_kafka_queue_cb_event_enable(queue, nil, nil)
                rd_kafka_queue_destroy(queue)
                rd_kafka_topic_destroy(topic)
                throw error
            }
            return (Handle(topic) { rd_kafka_topic_destroy($0) }, Handle(queue) { rd_kafka_queue_destroy($0) })
        }
        self.client = client
        self.partition = partition
        self.arrival = arrival
        bytesPerNudge = max(1, queuedBytes / 4)
    }

    /// Takes what has been fetched, up to about `maximumBytes`; never blocks. The batch is nil where nothing has.
    func drain(maximumBytes: Int) -> (batch: LogBatch?, error: LogError?) {
        let action = "cannot read \(partition)"
        do throws(LogError) {
            return try client.use(action) { client throws(LogError) in
                guard let outcome = queue.use({ drain(client, $0, maximumBytes: maximumBytes) }) else {
                    throw LogError(.closed, "\(action): the reader is closed")
                }
                return outcome
            }
        } catch {
            return (nil, error)
        }
    }

    private func drain(_ handle: OpaquePointer, _ queue: OpaquePointer, maximumBytes: Int) -> (batch: LogBatch?, error: LogError?) {
        state.withLock { state in
            state.drained.begin(maximumBytes: maximumBytes, queued: rd_kafka_queue_length(queue))
            withUnsafeMutablePointer(to: &state.drained) { drained in
                var drain = Drain(client: handle, drained: drained)
                _ = rd_kafka_consume_callback_queue(
                    queue, 0,
                    { message, drain in
                        guard let message, let drain = drain?.assumingMemoryBound(to: Drain.self).pointee else { return }
                        if !drain.drained.pointee.take(message) { rd_kafka_yield(drain.client) }
                    }, &drain)
            }
            let error = state.drained.error.map { client.error($0.code, "cannot read \(partition)", words: $0.words) }
            guard let last = state.drained.lastOffset else { return (nil, error) }
            state.bytesSinceNudge += state.drained.byteCount
            return (LogBatch(entries: state.drained.entries(), end: end(handle, after: Offset(last))), error)
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
        guard queue.use({ _ in }) != nil else { return }  // stopped meanwhile
        _ = try? client.bounds(of: partition, timeout: 1000)
    }

    private static let stallsWhenFull = rd_kafka_version() < 0x0202_0000

    /// Ends the fetching, and waits for a drain under way. Blocks for a moment.
    func stop() {
        queue.use { rd_kafka_queue_cb_event_enable($0, nil, nil) }
        topic.use { _ = rd_kafka_consume_stop($0, partition.partition.rawValue) }
        queue.destroy()
        topic.destroy()
    }

    private func end(_ handle: OpaquePointer, after last: Offset) -> Offset {
        var low: Int64 = 0
        var high: Int64 = 0
        let error = rd_kafka_get_watermark_offsets(handle, partition.topic.name, partition.partition.rawValue, &low, &high)
        return error == RD_KAFKA_RESP_ERR_NO_ERROR ? max(Offset(high), last.next) : last.next
    }
}
