import EventLog
import Logging
import Synchronization

/// A member of a consumer group, for its coordinator's opinion of who should work on what.
final class KafkaMembership: GroupMembership {
    let assignments: AsyncStream<Set<Partition>>
    let patience: Duration?
    private let client: GroupClient
    private let standing: Standing

    /// What stands, and when it was last told.
    private final class Standing: Sendable {
        private let state = Mutex<(partitions: Set<Partition>, toldAt: ContinuousClock.Instant)?>(nil)
        let continuation: AsyncStream<Set<Partition>>.Continuation

        init(_ continuation: AsyncStream<Set<Partition>>.Continuation) { self.continuation = continuation }

        func take(_ change: GroupClient.Change) {
            switch change {
            case .assigned(let partitions):
                state.withLock { $0 = (partitions, .now) }
                continuation.yield(partitions)
            case .revoked: state.withLock { $0 = nil }
            case .lost:
                state.withLock { $0 = nil }
                continuation.yield([])
            }
        }

        func repeatNowAndThen() {
            let due: Set<Partition>? = state.withLock { state in
                guard let told = state, ContinuousClock.now - told.toldAt >= KafkaMembership.repetition else { return nil }
                state = (told.partitions, .now)
                return told.partitions
            }
            if let due { continuation.yield(due) }
        }
    }

    private static let repetition = Duration.seconds(5)

    init(group: String, topic: Topic, settings: ClientSettings, logger: Logger, statistics: KafkaMetrics) throws(LogError) {
        let (stream, continuation) = AsyncStream.makeStream(of: Set<Partition>.self, bufferingPolicy: .bufferingNewest(1))
        assignments = stream
        patience = settings.sessionTimeout
        let standing = Standing(continuation)
        self.standing = standing
        client = try GroupClient(
            group: group, topic: topic, settings: settings, logger: logger, statistics: statistics, change: { standing.take($0) },
            tick: { standing.repeatNowAndThen() })
    }

    var destroyed: Completion { client.destroyed }

    func publish(progress: [Partition: Offset]) { client.publish(progress) }

    func leave() async {
        await client.leave()
        standing.continuation.finish()
    }
}
