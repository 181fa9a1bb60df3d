import EventLog
import EventModel
import HighwaterTesting
import Testing

@testable import WriteModel

/// What a process does with the partitions that one before it had in the same place, and what others know of them meanwhile.
@Suite(.timeLimit(.minutes(5))) struct InheritanceTests {
    private let fleet = Fleet()

    /// One that writes everything and is killed. From then on the group says nothing, as while it waits for the dead member's session.
    private func killed() async throws {
        let a = try await fleet.start("a", home: "place")
        await a.writes(Fleet.all)
        for partition in Fleet.all { await a.knows("a", of: partition) }
        fleet.groups.rebalancesAtOnce = false
        await a.kill()
    }

    @Test func whoComesBackInTheSamePlaceClaimsAtOnce() async throws {
        try await killed()
        let again = try await fleet.start("a2", home: "place")
        await again.writes(Fleet.all)
        for partition in Fleet.all { await again.knows("a2", of: partition) }
        await fleet.end(again)
    }

    @Test func whoComesToAnotherPlaceWaitsForTheGroup() async throws {
        try await killed()
        let other = try await fleet.start("b", home: "another place")
        for partition in Fleet.all { await other.knows("a", of: partition) }
        // It has read all that there is; whatever it would do for that it has begun.
        #expect(Fleet.all.allSatisfy { other.owners.inheritance(of: $0) == nil })
        #expect(await other.service.ownership().allSatisfy { !$0.isOwner })
        fleet.groups.rebalance()
        await other.writes(Fleet.all)
        await fleet.end(other)
    }

    @Test func whatAnotherHasTakenSinceStaysItsOwn() async throws {
        let a = try await fleet.start("a", home: "place")
        await a.writes(Fleet.all)
        let b = try await fleet.start("b", home: "another place")
        await b.writes(Array(Fleet.all[2...]))
        await a.writes(Array(Fleet.all[..<2]))
        for partition in Fleet.all[2...] { await a.knows("b", of: partition) }
        fleet.groups.rebalancesAtOnce = false
        await a.kill()
        let again = try await fleet.start("a2", home: "place")
        await again.writes(Array(Fleet.all[..<2]))
        for partition in Fleet.all[2...] { await again.knows("b", of: partition) }
        #expect(Fleet.all[2...].allSatisfy { again.owners.inheritance(of: $0) == nil })
        await b.writes(Array(Fleet.all[2...]))
        await fleet.end(again, b)
    }

    /// One that has left in good order and found nobody to hand over to comes back as fast.
    @Test func whoHasLeftWithoutASuccessorClaimsAtOnceToo() async throws {
        let a = try await fleet.start("a", home: "place")
        await a.writes(Fleet.all)
        for partition in Fleet.all { await a.knows("a", of: partition) }
        fleet.groups.rebalancesAtOnce = false
        try await a.stop()
        let again = try await fleet.start("a2", home: "place")
        await again.writes(Fleet.all)
        await fleet.end(again)
    }

    /// Others know from the newcomer that the former owner has ended, and say so instead of sending requests its way.
    @Test func othersKnowThatTheFormerOwnerHasEnded() async throws {
        let a = try await fleet.start("a", home: "place")
        await a.writes(Fleet.all)
        let b = try await fleet.start("b")
        await b.writes(Array(Fleet.all[2...]))
        let partition = Fleet.all[0]
        await b.knows("a", of: partition)
        let stream = try #require(
            (0..<100).map { StreamID(trusted: "tally/\($0)") }.first { b.service.partition(of: $0) == partition })
        #expect(await b.service.prospect(of: stream) == nil)
        fleet.groups.rebalancesAtOnce = false
        await a.kill()
        try await fleet.announce(OwnerRecord.presence(instance: "a2", url: "http://a", home: "place").encoded)
        await b.knows(nil, of: partition)
        fleet.clock.advance(by: .seconds(3))
        let prospect = try #require(await b.service.prospect(of: stream))
        #expect(prospect.explanation.contains("no instance writes counting/0") && prospect.explanation.contains("3 s"), "\(prospect)")
        await fleet.end(b)
    }

    @Test func aRequestThatFindsNobodyTellsAsMuch() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        let b = fleet.instance("b")
        fleet.groups.rebalancesAtOnce = false
        b.run()
        await b.knows("a", of: Fleet.all[0])
        let announced = try #require(b.owners.owner(of: Fleet.all[0]))
        let now = fleet.clock.environment.now()
        #expect(b.owners.vacancy(of: Fleet.all[0], at: now) == nil)
        b.owners.missed(announced)
        b.owners.missed(announced)
        #expect(b.owners.vacancy(of: Fleet.all[0], at: now.advanced(by: .seconds(2))) == .seconds(2))
        #expect(b.owners.vacancy(of: Fleet.all[1], at: now) == nil)
        // Of a later owner nothing is known.
        try await fleet.announce(
            OwnerRecord.ownership(
                .init(announcement: .init(partition: Fleet.all[0], epoch: announced.epoch.next, instance: "a", url: "http://a"))
            ).encoded)
        await b.hears(of: Fleet.all[0]) { $0.announcement.epoch == announced.epoch.next }
        #expect(b.owners.vacancy(of: Fleet.all[0], at: now) == nil)
        await fleet.end(a, b)
    }

    @Test(
        arguments: [
            (true, .seconds(3), .seconds(6), 1, "is claiming"), (false, nil, .seconds(6), 1, "has announced"),
            (false, .milliseconds(1500), .seconds(6), 5, "within 5 s"), (false, .seconds(9), .seconds(6), 1, "as soon as it is named"),
            (false, .seconds(2), nil, 1, "known for 2 s"),
        ] as [(Bool, Duration?, Duration?, Int, String)])
    func clientsAreToldWhatIsKnown(
        isClaiming: Bool, vacancy: Duration?, succession: Duration?, retryAfter: Int, words: String
    ) {
        let prospect = OwnerProspect(Fleet.all[0], isClaiming: isClaiming, vacancy: vacancy, succession: succession)
        #expect(prospect.explanation.contains(words), "\(prospect)")
        #expect(prospect.retryAfter <= .seconds(retryAfter) && prospect.retryAfter > .seconds(retryAfter - 1))
    }
}
