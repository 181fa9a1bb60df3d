public import EventLog
import EventModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// The owners of a context's partitions, as they announce themselves in the compacted topic `<context>.owners`: who writes each partition,
/// where it is reached, and who should claim it next. Also tells which instances are there.
///
/// It reads the topic from the beginning and follows its end. Of two announcements the one with the higher epoch counts, of two with the
/// same the later one, and of an owner that is not there any; a record that cannot be read is passed over and logged. Nothing that it says
/// is more than a hint.
///
/// On graceful shutdown it takes back what this instance has announced and nobody has taken over. It must outlive its ``WriteService``: in a
/// `ServiceGroup` it stands before it.
public final class OwnerTopic: OwnerDirectory, Service {
    public struct Options: Sendable {
        /// How often an instance says that it is there.
        public var beat = Duration.seconds(10)
        /// An instance that has not said so for this long is gone.
        public var absence = Duration.seconds(30)
        /// Within which announcements are taken back at the end; the log may be away.
        public var farewell = Duration.seconds(2)

        public init() {}
    }

    public let context: Topic
    /// Names this process, as in its claims.
    public let instance: String
    /// Names the place in which this process runs, as no other living process does; nil where it has none of its own.
    let home: String?
    let log: any EventLog
    let options: Options
    let environment: EngineEnvironment
    let logger: Logger
    /// Of what the topic says.
    let changes = ChangeSignal()
    /// Of what this instance has to say.
    let outgoing = ChangeSignal()
    let published = ChangeSignal()
    let state = Mutex(State())
    private let ended = Signal()

    struct State {
        var table = OwnerTable()
        var url: String?
        /// What this instance says of the partitions that it has won.
        var own: [TopicPartition: OwnerRecord.Ownership] = [:]
        /// Whom it has named to take them.
        var successors: [TopicPartition: String] = [:]
        var isPresent = true
        /// Not in the topic yet: ownerships, and this instance's presence.
        var unpublished: Set<TopicPartition> = []
        var isPresenceUnpublished = true
        var isSending = false
        /// Whether everything has been read that was in the topic when the reading began.
        var isCaughtUp = false
        /// The partitions of which nobody is known to write them, by the epoch of the last who did, and since when that is known.
        var vacancies: [TopicPartition: Vacancy] = [:]
        /// The owners that a request has not found, in the same way.
        var missed: [TopicPartition: Vacancy] = [:]
    }

    struct Vacancy {
        let epoch: Epoch
        let since: Timestamp
    }

    public init(
        _ context: Topic, log: any EventLog, instance: String, home: String? = nil, options: Options = Options(),
        environment: EngineEnvironment = .system, logger: Logger
    ) {
        self.context = context
        self.instance = instance
        self.home = home
        self.log = log
        self.options = options
        self.environment = environment
        self.logger = logger
    }

    /// Where other instances reach this one. Nothing is announced before.
    public func advertise(url: String) {
        state.withLock { $0.url = url }
        outgoing.advance()
    }

    public func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.follow() }
            group.addTask { await self.publish() }
            group.addTask { await self.beat() }
            await withTaskCancellationOrGracefulShutdownHandler {
                await self.ended.wait()
            } onCancelOrGracefulShutdown: {
                self.ended.signal()
            }
            if !Task.isCancelled { await self.sayFarewell() }
            group.cancelAll()
        }
    }

    /// Nil as well where the newest announcement is of an instance that has certainly ended.
    public func owner(of partition: TopicPartition) -> OwnerAnnouncement? {
        state.withLock { state in
            guard let owner = state.table.owner(of: partition), !isPredecessor(owner), !state.table.isSucceeded(owner) else { return nil }
            return owner
        }
    }

    public func change(of partition: TopicPartition, from known: OwnerAnnouncement?) async -> OwnerAnnouncement? {
        while true {
            let count = changes.count
            let owner = owner(of: partition)
            guard owner == known, !Task.isCancelled else { return owner }
            await changes.wait(beyond: count)
        }
    }

    // MARK: For the write service

    func ownership(of partition: TopicPartition) -> OwnerRecord.Ownership? { state.withLock { $0.table.ownership(of: partition) } }

    /// Whether another instance writes the partition and is there.
    func isOwnedElsewhere(_ partition: TopicPartition) -> Bool {
        state.withLock { state in
            guard let owner = state.table.owner(of: partition), owner.instance != instance, !isPredecessor(owner) else { return false }
            return state.table.liveInstances.contains(owner.instance)
        }
    }

    /// The other instances that are there, and how many partitions each writes.
    var others: (live: [String], loads: [String: Int]) {
        state.withLock { state in (state.table.liveInstances.filter { $0 != instance }, state.table.loads) }
    }

    /// Announces this instance as the partition's owner, again and again until that is in the topic or superseded.
    func won(_ partition: TopicPartition, epoch: Epoch) {
        state.withLock { state in
            let announcement = OwnerAnnouncement(
                partition: partition, epoch: epoch, instance: instance, url: state.url ?? "", home: home)
            state.own[partition] = OwnerRecord.Ownership(announcement: announcement, successor: state.successors[partition])
            state.unpublished.insert(partition)
        }
        outgoing.advance()
    }

    /// - Parameter isDeposed: by another's claim, of which the other will tell.
    func lost(_ partition: TopicPartition, isDeposed: Bool) {
        state.withLock { state in
            if isDeposed {
                state.own[partition] = nil
                state.unpublished.remove(partition)
            } else if state.own[partition] != nil {
                state.own[partition]?.isWithdrawn = true
                state.unpublished.insert(partition)
            }
        }
        outgoing.advance()
    }

    /// This instance will take no more partitions.
    func leave() {
        state.withLock { state in
            state.isPresent = false
            state.isPresenceUnpublished = true
        }
        outgoing.advance()
    }

    /// Asks other instances to claim the partitions.
    func name(_ successors: [TopicPartition: String]) {
        state.withLock { state in
            for (partition, successor) in successors {
                state.successors[partition] = successor
                guard state.own[partition] != nil else { continue }
                state.own[partition]?.successor = successor
                state.unpublished.insert(partition)
            }
        }
        outgoing.advance()
    }
}
