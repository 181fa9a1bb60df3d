import Synchronization

/// A coordinator of groups in memory, for tests with several members: by ranges, in the order of joining, as Kafka's range assignor does by
/// name.
public final class InMemoryGroups: Sendable {
    private struct Group {
        var partitions: Int
        var members: [Int: AsyncStream<Set<Partition>>.Continuation] = [:]
        var assigned: [Int: Set<Partition>] = [:]

        mutating func assign() {
            assigned = [:]
            var first = 0
            for (index, member) in members.keys.sorted().enumerated() {
                let share = partitions / members.count + (index < partitions % members.count ? 1 : 0)
                assigned[member] = Set((first..<first + share).map { Partition(Int32($0)) })
                first += share
            }
            tell()
        }

        func tell() {
            for (member, partitions) in assigned { members[member]?.yield(partitions) }
        }
    }

    private struct State {
        var groups: [String: Group] = [:]
        var members = 0
        var rebalancesAtOnce = true
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether whoever joins or leaves sets off a rebalance; else a test does.
    public var rebalancesAtOnce: Bool {
        get { state.withLock { $0.rebalancesAtOnce } }
        set { state.withLock { $0.rebalancesAtOnce = newValue } }
    }

    /// Assigns every group's partitions to its members as they are now.
    public func rebalance() { state.withLock { state in for name in state.groups.keys { state.groups[name]?.assign() } } }

    /// Tells the members once more what they have.
    public func repeatAssignments() { state.withLock { state in for group in state.groups.values { group.tell() } } }

    /// How many members a group has.
    public func members(of group: String) -> Int { state.withLock { $0.groups[group]?.members.count ?? 0 } }

    func join(_ name: String, partitions: Int) -> any GroupMembership {
        let (assignments, continuation) = AsyncStream<Set<Partition>>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let member = state.withLock { state in
            state.members += 1
            state.groups[name, default: Group(partitions: partitions)].members[state.members] = continuation
            if state.rebalancesAtOnce { state.groups[name]?.assign() }
            return state.members
        }
        return InMemoryMember(groups: self, group: name, number: member, assignments: assignments)
    }

    fileprivate func leave(_ name: String, _ member: Int) {
        state.withLock { state in
            state.groups[name]?.members.removeValue(forKey: member)?.finish()
            state.groups[name]?.assigned[member] = nil
            if state.rebalancesAtOnce { state.groups[name]?.assign() }
        }
    }
}

private struct InMemoryMember: GroupMembership {
    let groups: InMemoryGroups
    let group: String
    let number: Int
    let assignments: AsyncStream<Set<Partition>>

    func publish(progress: [Partition: Offset]) {}
    func leave() async { groups.leave(group, number) }
}
