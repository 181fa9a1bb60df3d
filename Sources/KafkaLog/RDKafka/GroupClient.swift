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
        let progress = Mutex(GroupProgress())
        let isLeaving = Atomic(false)
        let left = Completion()
        let logger: Logger
        let change: @Sendable (Change) -> Void
        let tick: @Sendable () -> Void
        let committedAt = Mutex(ContinuousClock.now)
        /// Whether the newest commit failed, of which the log tells once.
        let isFailing = Atomic(false)

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
        client = try Client(
            .member(group: group), settings: settings, logger: logger, statistics: statistics,
            duties: Client.Duties(
                serve: { client, event, type in
                    switch type {
                    case RD_KAFKA_EVENT_REBALANCE: Self.rebalance(client, event, desk)
                    case RD_KAFKA_EVENT_OFFSET_COMMIT: Self.committed(event, desk)
                    default: break
                    }
                },
                tick: { client in
                    desk.tick()
                    let isDue = desk.committedAt.withLock { last in
                        guard ContinuousClock.now - last >= .seconds(1) else { return false }
                        last = .now
                        return true
                    }
                    guard isDue, let events = rd_kafka_queue_get_consumer(client) else { return }
                    Self.commit(client, desk, answer: events)
                    rd_kafka_queue_destroy(events)
                },
                finish: { Self.leave($0, desk, $1) }))
        do throws(LogError) {
            try client.use("cannot join group '\(group)'") { [client] handle throws(LogError) in
                let topics = rd_kafka_topic_partition_list_new(1)
                defer { rd_kafka_topic_partition_list_destroy(topics) }
                rd_kafka_topic_partition_list_add(topics, topic.name, RD_KAFKA_PARTITION_UA_VALUE)
                let outcome = rd_kafka_subscribe(handle, topics)
                guard outcome == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(outcome, "cannot join group '\(group)'") }
            }
        } catch {
            client.stop()
            throw error
        }
    }

    deinit { client.stop() }

    /// Once the client's resources are gone.
    var destroyed: Completion { client.destroyed }

    /// Commits the offsets with the next second's, all in one; those of partitions that the group has given to others it does not.
    func publish(_ progress: [Partition: Offset]) {
        desk.progress.withLock { $0.advance(to: progress) }
    }

    /// Returns once the group has been left, or after a few seconds in which it could not be.
    func leave() async {
        client.stop()
        await desk.left.wait()
    }

    private static func rebalance(_ client: OpaquePointer, _ event: OpaquePointer, _ desk: Desk) {
        let isAssignment = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        guard isAssignment, !desk.isLeaving.load(ordering: .relaxed) else {
            let isLost = rd_kafka_assignment_lost(client) != 0
            desk.progress.withLock { $0.revoke() }
            rd_kafka_assign(client, nil)
            desk.change(isLost ? .lost : .revoked)
            return
        }
        var partitions: Set<Partition> = []
        if let list = rd_kafka_event_topic_partition_list(event) {
            for element in elements(of: list) { partitions.insert(Partition(element.partition)) }
        }
        // The group hears that the assignment is taken; this client takes none of it, so it fetches nothing.
        let none = rd_kafka_topic_partition_list_new(0)
        rd_kafka_assign(client, none)
        rd_kafka_topic_partition_list_destroy(none)
        desk.progress.withLock { $0.assign(partitions) }
        desk.change(.assigned(partitions))
    }

    /// Commits what is new; the outcome comes as an event to `answer`. False where there is nothing to commit.
    @discardableResult
    private static func commit(_ client: OpaquePointer, _ desk: Desk, answer: OpaquePointer) -> Bool {
        let progress = desk.progress.withLock { $0.take() }
        guard !progress.isEmpty else { return false }
        let offsets = rd_kafka_topic_partition_list_new(Int32(progress.count))
        defer { rd_kafka_topic_partition_list_destroy(offsets) }
        for (partition, offset) in progress {
            rd_kafka_topic_partition_list_add(offsets, desk.topic.name, partition.rawValue).pointee.offset = offset.rawValue
        }
        if rd_kafka_commit_queue(client, offsets, answer, nil, nil) == RD_KAFKA_RESP_ERR_NO_ERROR { return true }
        desk.progress.withLock { $0.putBack(progress) }
        return false
    }

    /// What became of a commit. One that fell into a rebalance is made again: a group that has nothing more to read would else seem to lag
    /// for ever.
    private static func committed(_ event: OpaquePointer, _ desk: Desk) {
        let outcome = rd_kafka_event_error(event)
        guard outcome != RD_KAFKA_RESP_ERR_NO_ERROR else { return desk.isFailing.store(false, ordering: .relaxed) }
        if let list = rd_kafka_event_topic_partition_list(event) {
            let failed = elements(of: list).filter { $0.offset >= 0 }.map { (Partition($0.partition), Offset($0.offset)) }
            desk.progress.withLock { $0.putBack(Dictionary(failed) { $1 }) }
        }
        guard !desk.isFailing.exchange(true, ordering: .relaxed) else { return }
        desk.logger.notice(
            "The group's offsets could not be committed; trying again",
            metadata: ["topic": "\(desk.topic)", "error": "\(String(cString: rd_kafka_err2name(outcome)))"])
    }

    private static func elements(
        of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }

    /// Closing a consumer of 2.0.2 that was never assigned anything can hang, and so can an assignment that comes while it closes
    /// (confluentinc/librdkafka#4527, #4884): it leaves the group first, and nothing here waits for ever.
    private static func leave(_ client: OpaquePointer, _ desk: Desk, _ serveNext: (Int32) -> Void) {
        if let answer = rd_kafka_queue_new(client) {
            if commit(client, desk, answer: answer), let event = rd_kafka_queue_poll(answer, 1000) { rd_kafka_event_destroy(event) }
            rd_kafka_queue_destroy(answer)
        }
        desk.isLeaving.store(true, ordering: .relaxed)
        rd_kafka_unsubscribe(client)
        let deadline = ContinuousClock.now + .seconds(3)
        if let events = rd_kafka_queue_get_consumer(client) {
            if let error = rd_kafka_consumer_close_queue(client, events) { rd_kafka_error_destroy(error) }
            while rd_kafka_consumer_closed(client) == 0, ContinuousClock.now < deadline { serveNext(50) }
            rd_kafka_queue_destroy(events)
        }
        if rd_kafka_consumer_closed(client) == 0 {
            desk.logger.warning("The Kafka group could not be left in time; it notices when the session times out")
        }
        desk.left.finish()
    }
}

/// The header's macro is a cast, which is not imported.
private let RD_KAFKA_PARTITION_UA_VALUE: Int32 = -1
