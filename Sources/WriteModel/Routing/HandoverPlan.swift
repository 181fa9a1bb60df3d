import EventLog

/// Whom a leaving instance names as successors of its partitions. Pure.
struct HandoverPlan {
    private(set) var successors: [TopicPartition: String] = [:]

    /// Names a live instance for each of `partitions` that has none, those with the fewest partitions first. A named one that is gone is
    /// replaced, and so is one that has been `slow`, where there is another.
    ///
    /// - Returns: what is newly named.
    mutating func name(
        for partitions: [TopicPartition], among live: [String], loads: [String: Int], slow: Set<TopicPartition> = []
    ) -> [TopicPartition: String] {
        var loads = loads
        for successor in successors.values { loads[successor, default: 0] += 1 }
        var named: [TopicPartition: String] = [:]
        for partition in partitions {
            let present = successors[partition]
            if let present, live.contains(present), !slow.contains(partition) { continue }
            let others = live.filter { $0 != present }
            guard let successor = others.min(by: { (loads[$0] ?? 0, $0) < (loads[$1] ?? 0, $1) }) else { continue }
            if let present { loads[present, default: 1] -= 1 }
            loads[successor, default: 0] += 1
            successors[partition] = successor
            named[partition] = successor
        }
        return named
    }
}
