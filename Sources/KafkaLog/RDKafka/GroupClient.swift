import CRdKafka
import EventLog
import Logging
import Synchronization

/// A member of a group that fetches nothing: it hears which partitions the group gives it, and commits offsets that others have reached.
final class GroupClient: Sendable {
    enum Change: Sendable {
        case assigned(Set<Partition>)
        /// Taken back for the time of a rebalance; the next assignment follows.
        case revoked
        /// Taken back without a successor: the coordinator has given this member up, or cannot be reached.
        case lost
    }

    /// What the thread works with. It must not keep the member alive.
    private final class Desk: Sendable {
        let topic: Topic
        let unpublished = Mutex<[Partition: Offset]>([:])
        let isLeaving = Atomic(false)
        let left = Completion()
        let logger: Logger
        let change: @Sendable (Change) -> Void
        let tick: @Sendable () -> Void

        init(
            _ topic: Topic, logger: Logger, change: @escaping @Sendable (Change) -> Void, tick: @escaping @Sendable () -> Void
        ) {
            self.topic = topic
            self.logger = logger
            self.change = change
            self.tick = tick
        }
    }

    private let client: Client
    private let desk: Desk

    /// - Parameters:
    ///   - change: called on the client's thread.
    ///   - tick: called there at least twice a second.
    init(
        group: String, topic: Topic, settings: ClientSettings, logger: Logger, statistics: KafkaMetrics,
        change: @escaping @Sendable (Change) -> Void, tick: @escaping @Sendable () -> Void
    ) throws(LogError) {
        let desk = Desk(topic, logger: logger, change: change, tick: tick)
        self.desk = desk
        client = try Client(.member(group: group), settings: settings, logger: logger, statistics: statistics) { handle in
            nonisolated(unsafe) let handle = handle  // librdkafka's handle may be used from any thread
            let lastCommit = Mutex(ContinuousClock.now)
            return Client.Duties(
                serve: { event, type in
                    if type == RD_KAFKA_EVENT_REBALANCE { Self.rebalance(handle, event, desk) }
                },
                tick: {
                    desk.tick()
                    let isDue = lastCommit.withLock { last in
                        guard ContinuousClock.now - last >= .seconds(1) else { return false }
                        last = .now
                        return true
                    }
                    if isDue { Self.commit(handle, desk) }
                },
                finish: { Self.leave(handle, desk, $0) })
        }
        let topics = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(topics) }
        rd_kafka_topic_partition_list_add(topics, topic.name, RD_KAFKA_PARTITION_UA_VALUE)
        let error = rd_kafka_subscribe(client.handle, topics)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            client.stop()
            throw LogError(error, "cannot join group '\(group)'")
        }
    }

    deinit { client.stop() }

    /// Once the client's resources are gone.
    var destroyed: Completion { client.destroyed }

    /// Commits the offsets with the next second's, all in one.
    func publish(_ progress: [Partition: Offset]) {
        desk.unpublished.withLock { $0.merge(progress) { _, new in new } }
    }

    /// Returns once the group has been left, or after a few seconds in which it could not be.
    func leave() async {
        client.stop()
        await desk.left.wait()
    }

    private static func rebalance(_ handle: OpaquePointer, _ event: OpaquePointer, _ desk: Desk) {
        let isAssignment = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        guard isAssignment, !desk.isLeaving.load(ordering: .relaxed) else {
            let isLost = rd_kafka_assignment_lost(handle) != 0
            rd_kafka_assign(handle, nil)
            desk.change(isLost ? .lost : .revoked)
            return
        }
        var partitions: Set<Partition> = []
        if let list = rd_kafka_event_topic_partition_list(event) {
            for index in 0..<Int(list.pointee.cnt) { partitions.insert(Partition(list.pointee.elems[index].partition)) }
        }
        // The group hears that the assignment is taken; this client takes none of it, so it fetches nothing.
        let none = rd_kafka_topic_partition_list_new(0)
        rd_kafka_assign(handle, none)
        rd_kafka_topic_partition_list_destroy(none)
        desk.change(.assigned(partitions))
    }

    private static func commit(_ handle: OpaquePointer, _ desk: Desk, answer: OpaquePointer? = nil) {
        let progress = desk.unpublished.withLock { progress in
            defer { progress = [:] }
            return progress
        }
        guard !progress.isEmpty else { return }
        let offsets = rd_kafka_topic_partition_list_new(Int32(progress.count))
        defer { rd_kafka_topic_partition_list_destroy(offsets) }
        for (partition, offset) in progress {
            rd_kafka_topic_partition_list_add(offsets, desk.topic.name, partition.rawValue).pointee.offset = offset.rawValue
        }
        guard let answer else {
            rd_kafka_commit(handle, offsets, 1)
            return
        }
        guard rd_kafka_commit_queue(handle, offsets, answer, nil, nil) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        if let event = rd_kafka_queue_poll(answer, 1000) { rd_kafka_event_destroy(event) }
    }

    /// Closing a consumer of 2.0.2 that was never assigned anything can hang, and so can an assignment that comes while it closes
    /// (confluentinc/librdkafka#4527, #4884): it leaves the group first, and nothing here waits for ever.
    private static func leave(_ handle: OpaquePointer, _ desk: Desk, _ serveNext: (Int32) -> Void) {
        if let answer = rd_kafka_queue_new(handle) {
            commit(handle, desk, answer: answer)
            rd_kafka_queue_destroy(answer)
        }
        desk.isLeaving.store(true, ordering: .relaxed)
        rd_kafka_unsubscribe(handle)
        let deadline = ContinuousClock.now + .seconds(3)
        if let events = rd_kafka_queue_get_consumer(handle) {
            if let error = rd_kafka_consumer_close_queue(handle, events) { rd_kafka_error_destroy(error) }
            while rd_kafka_consumer_closed(handle) == 0, ContinuousClock.now < deadline { serveNext(50) }
            rd_kafka_queue_destroy(events)
        }
        if rd_kafka_consumer_closed(handle) == 0 {
            desk.logger.warning("The Kafka group could not be left in time; it notices when the session times out")
        }
        desk.left.finish()
    }
}

/// The header's macro is a cast, which is not imported.
private let RD_KAFKA_PARTITION_UA_VALUE: Int32 = -1
