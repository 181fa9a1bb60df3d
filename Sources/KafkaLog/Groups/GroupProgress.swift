import EventLog

/// How far a group's member has come, as far as the group has not been told. Pure.
struct GroupProgress {
    private var assigned: Set<Partition> = []
    private var untold: [Partition: Offset] = [:]

    /// What the member works on from now on. How far others have come is theirs to tell.
    mutating func assign(_ partitions: Set<Partition>) {
        assigned = partitions
        untold = untold.filter { partitions.contains($0.key) }
    }

    mutating func advance(to offsets: [Partition: Offset]) {
        for (partition, offset) in offsets where assigned.contains(partition) { untold[partition] = offset }
    }

    /// Takes what is to be told.
    mutating func take() -> [Partition: Offset] {
        defer { untold = [:] }
        return untold
    }

    /// These could not be told, and are to be told with the next ones, unless newer ones are known.
    mutating func putBack(_ offsets: [Partition: Offset]) {
        for (partition, offset) in offsets where assigned.contains(partition) && untold[partition] == nil { untold[partition] = offset }
    }
}
