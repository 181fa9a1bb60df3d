import EventLog
import EventModel
import KafkaLog
import Testing

/// The mock's groups rebalance as a broker's do, in some seconds.
@Suite struct MembershipTests {
    /// What a member has been told last.
    private static func next(
        _ iterator: inout AsyncStream<Set<Partition>>.Iterator, until condition: (Set<Partition>) -> Bool
    ) async -> Set<Partition>? {
        while let set = await iterator.next() { if condition(set) { return set } }
        return nil
    }

    @Test(.timeLimit(.minutes(5))) func twoMembersShareThePartitionsAndInheritThem() async throws {
        let cluster = try MockCluster(brokers: 3)
        let logs = [try cluster.openLog(), try cluster.openLog()]
        try await logs[0].createTopic("ordering", partitions: 4)
        let all = Set(Partition.all(of: 4))
        let first = try await logs[0].join(group: "writers", topic: "ordering")
        var firstSets = first.assignments.makeAsyncIterator()
        #expect(await Self.next(&firstSets) { !$0.isEmpty } == all)

        let second = try await logs[1].join(group: "writers", topic: "ordering")
        var secondSets = second.assignments.makeAsyncIterator()
        let secondSet = try #require(await Self.next(&secondSets) { $0.count == 2 })
        let firstSet = try #require(await Self.next(&firstSets) { $0.count == 2 })
        #expect(firstSet.isDisjoint(with: secondSet) && firstSet.union(secondSet) == all)

        // The coordinator moves: nobody is disturbed for good.
        try await cluster.perform("coordinator group writers 2")
        first.publish(progress: [Partition(0): Offset(1)])
        await first.leave()
        while await firstSets.next() != nil {}
        #expect(await Self.next(&secondSets) { $0.count == 4 } == all)
        await second.leave()
        for log in logs { await log.close() }
    }

    @Test(.timeLimit(.minutes(5))) func theSetIsRepeatedWhileItStands() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 2)
        let membership = try await log.join(group: "writers", topic: "ordering")
        var sets = membership.assignments.makeAsyncIterator()
        let all = Set(Partition.all(of: 2))
        for _ in 0..<3 { #expect(await Self.next(&sets) { _ in true } == all) }
        await membership.leave()
        await log.close()
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["at once", "while nothing answers"])
    func leavingBeforeTheFirstAssignmentDoesNotHang(_ how: String) async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 2)
        let membership = try await log.join(group: "writers", topic: "ordering")
        if how != "at once" { try await cluster.perform("down 1") }
        let clock = ContinuousClock()
        let began = clock.now
        await membership.leave()
        #expect(clock.now - began < .seconds(30))
        var sets = membership.assignments.makeAsyncIterator()
        while await sets.next() != nil {}
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aLostSessionIsToldAsNoPartitions() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 2)
        let membership = try await log.join(group: "writers", topic: "ordering")
        var sets = membership.assignments.makeAsyncIterator()
        #expect(await Self.next(&sets) { !$0.isEmpty }?.count == 2)
        try await cluster.perform("down 1")
        #expect(await Self.next(&sets) { $0.isEmpty } == [])
        // Told as a stranger, this would have the member join anew, again and again.
        membership.publish(progress: [Partition(0): Offset(3)])
        try await cluster.perform("up 1")
        #expect(await Self.next(&sets) { !$0.isEmpty }?.count == 2)
        while try await Self.committed(0, cluster) != "3" {}
        await membership.leave()
        await log.close()
    }

    /// What lag tools ask for.
    private static func committed(_ partition: Int, _ cluster: MockCluster) async throws -> String {
        try Task.checkCancellation()  // polled, and a time limit only cancels
        return try await cluster.perform("committed writers ordering \(partition)")
    }

    @Test(.timeLimit(.minutes(5))) func progressIsCommittedAndLeavingCommitsTheRest() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 2)
        let membership = try await log.join(group: "writers", topic: "ordering")
        var sets = membership.assignments.makeAsyncIterator()
        #expect(await Self.next(&sets) { !$0.isEmpty }?.count == 2)
        #expect(try await Self.committed(0, cluster) == "none")
        membership.publish(progress: [Partition(0): Offset(3), Partition(1): Offset(1)])
        membership.publish(progress: [Partition(1): Offset(4)])
        while try await Self.committed(1, cluster) != "4" {}
        #expect(try await Self.committed(0, cluster) == "3")
        membership.publish(progress: [Partition(0): Offset(9)])
        await membership.leave()
        #expect(try await Self.committed(0, cluster) == "9")
        await log.close()
    }

    /// The last commit before everything has been read must not be the one that is lost.
    @Test(.timeLimit(.minutes(5)), arguments: ["27", "12"]) func aCommitThatFailsIsMadeAgain(error: String) async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog()
        try await log.createTopic("ordering", partitions: 2)
        let membership = try await log.join(group: "writers", topic: "ordering")
        var sets = membership.assignments.makeAsyncIterator()
        #expect(await Self.next(&sets) { !$0.isEmpty }?.count == 2)
        try await cluster.perform("errors 8 \(error)")
        membership.publish(progress: [Partition(0): Offset(3), Partition(1): Offset(4)])
        while try await Self.committed(0, cluster) != "3" {}
        #expect(try await Self.committed(1, cluster) == "4")
        await membership.leave()
        await log.close()
    }
}
