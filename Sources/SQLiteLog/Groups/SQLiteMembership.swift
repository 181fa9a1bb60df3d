import Dispatch
import EventLog
import Synchronization

/// A member's place in a group of this log: the member that came last works on every partition, the others wait, and the newest of them
/// takes over when it has left or ended.
///
/// A process that stands still cannot keep a new one out, and two that live never take turns.
final class SQLiteMembership: GroupMembership {
    private struct State {
        var lock: MemberLock?
        var timer: FallbackTimer?
        /// Whether the newest word was that this member should work.
        var isWorking = true
    }

    let assignments: AsyncStream<Set<Partition>>
    private let continuation: AsyncStream<Set<Partition>>.Continuation
    private let partitions: Set<Partition>
    private let state: Mutex<State>
    private let news: MembershipNews

    /// - Parameter interval: how often it looks whether others have come or gone.
    init(_ lock: MemberLock, partitions: Int, every interval: Duration, news: MembershipNews) {
        self.partitions = Set(Partition.all(of: partitions))
        self.news = news
        state = Mutex(State(lock: lock))
        (assignments, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        if lock.hasOlder { news.tell(.takesOver) }
        continuation.yield(self.partitions)
        let timer = FallbackTimer(every: interval, on: DispatchQueue(label: "SQLiteLog.membership")) { [weak self] in self?.look() }
        state.withLock { $0.timer = timer }
    }

    deinit { end() }

    func publish(progress: [Partition: Offset]) {}

    func leave() async { end() }

    private func look() {
        let found: (isWorking: Bool, isChanged: Bool)? = state.withLock { state in
            guard let lock = state.lock else { return nil }
            let isNewest = !lock.hasNewer
            defer { state.isWorking = isNewest }
            return (isNewest, isNewest != state.isWorking)
        }
        guard let found else { return }
        if found.isChanged { news.tell(found.isWorking ? .worksAgain : .waits) }
        // The set is repeated while it stands: a member that was told of it may have to find out first that it had been deposed.
        if found.isWorking || found.isChanged { continuation.yield(found.isWorking ? partitions : []) }
    }

    private func end() {
        let timer = state.withLock { state in
            state.lock = nil
            defer { state.timer = nil }
            return state.timer
        }
        timer?.stop()
        continuation.finish()
    }
}
