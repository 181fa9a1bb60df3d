import EventLog
import EventModel

/// Finds the partitions of a database whose positions stand still although records wait. Pure.
///
/// A group's coordinator knows members and no databases. Where two databases cannot be told apart, as copies of a whole server or disk, workers
/// of one may be given partitions that the other's workers need; and the partitions of a worker that was killed are nobody's until its session
/// has run out.
struct StalledPartitions {
    private var seen: [Partition: (position: ChainPosition, since: Timestamp)] = [:]

    /// - Parameters:
    ///   - positions: of the partitions for which records wait.
    ///   - patience: how long a position must have been the same.
    mutating func look(at positions: [Partition: ChainPosition], patience: Duration, now: Timestamp) -> Set<Partition> {
        seen = seen.filter { positions[$0.key] == $0.value.position }
        for (partition, position) in positions where seen[partition] == nil { seen[partition] = (position, now) }
        return Set(seen.filter { now >= $0.value.since.advanced(by: patience) }.keys)
    }
}
