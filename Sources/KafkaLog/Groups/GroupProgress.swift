import EventLog

/// How far a group's member has come, as far as the group has not been told. Pure.
struct GroupProgress {
    private var assigned: Set<Partition> = []
    /// Whether the assignment stands. While it does not, the group takes a member that tells something for a stranger, who has to join anew:
    /// with something to tell each second the rebalance would never end.
    private var stands = false
    private var untold: [Partition: Offset] = [:]

    /// What the member works on from now on. How far others have come is theirs to tell.
    mutating func assign(_ partitions: Set<Partition>) {
        assigned = partitions
        stands = true
        untold = untold.filter { partitions.contains($0.key) }
    }

    /// The assignment was taken back, and the next one is to come.
    mutating func revoke() { stands = false }

    mutating func advance(to offsets: [Partition: Offset]) {
        for (partition, offset) in offsets where assigned.contains(partition) { untold[partition] = offset }
    }

    /// Takes what is to be told now.
    mutating func take() -> [Partition: Offset] {
        guard stands else { return [:] }
        defer { untold = [:] }
        return untold
    }

    /// These could not be told, and are to be told with the next ones, unless newer ones are known.
    mutating func putBack(_ offsets: [Partition: Offset]) {
        for (partition, offset) in offsets where assigned.contains(partition) && untold[partition] == nil { untold[partition] = offset }
    }
}
