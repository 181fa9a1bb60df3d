/// The membership of a log without a coordinator: this member should work on every partition.
public struct SoleMember: GroupMembership {
    public let assignments: AsyncStream<Set<Partition>>
    private let continuation: AsyncStream<Set<Partition>>.Continuation

    public init(partitions: Int) {
        (assignments, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield(Set(Partition.all(of: partitions)))
    }

    public func publish(progress: [Partition: Offset]) {}
    public func leave() async { continuation.finish() }
}
