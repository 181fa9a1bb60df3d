import EventLog
import EventModel
import HighwaterTesting
import Testing

@testable import WriteModel

/// How an instance leaves.
@Suite(.timeLimit(.minutes(5))) struct HandoverTests {
    private let fleet = Fleet()

    /// An instance that has everything, and others that have nothing. From then on the group says nothing: what moves is moved by the instances.
    private func owner(others: [String]) async throws -> (FleetInstance, [FleetInstance]) {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        fleet.groups.rebalancesAtOnce = false
        var instances: [FleetInstance] = []
        for name in others { instances.append(try await fleet.start(name)) }
        for instance in [a] + instances { await instance.sees(["a"] + others) }
        return (a, instances)
    }

    /// The group gives the partitions to others than those whom the leaving instance names.
    @Test func aGroupThatMovesThemOnceMoreDoesNoHarm() async throws {
        let (a, others) = try await owner(others: ["b", "c"])
        fleet.groups.rebalancesAtOnce = true
        let told = try await CommandStream.flowing(through: [a] + others, among: [a] + others) { stream in
            await stream.answers(50)
            await a.service.handOver()
            await stream.answers(200)
        }
        try await fleet.expectAllCommitted(told)
        try await a.stop()
        await fleet.end(others[0], others[1])
    }

    @Test func partitionsMoveWithCommandsInFlight() async throws {
        let (a, others) = try await owner(others: ["b", "c"])
        let told = try await CommandStream.flowing(through: [a] + others, among: [a] + others) { stream in
            await stream.answers(100)
            await a.service.handOver()
            for owner in await a.service.ownership() { #expect(!owner.isOwner) }
            await stream.answers(100)
        }
        try await fleet.expectAllCommitted(told)
        let shares = await [others[0].service.ownership().filter(\.isOwner).count, others[1].service.ownership().filter(\.isOwner).count]
        #expect(shares == [2, 2])
        guard case .notOwner = try await a.service.execute(.add(1, to: "x", id: "late")) else {
            Issue.record("who has left should say that it is not the owner")
            return
        }
        try await a.stop()
        guard case .notOwner = try await a.service.execute(.add(1, to: "x", id: "later")) else {
            Issue.record("who has ended should say that it is not the owner")
            return
        }
        await others[0].sees(["b", "c"])
        await fleet.end(others[0], others[1])
    }

    /// Shut down alone, the service does it by itself.
    @Test func aGracefulShutdownHandsOver() async throws {
        let (a, others) = try await owner(others: ["b"])
        try await a.stop()
        await others[0].writes(Fleet.all)
        for partition in Fleet.all { await others[0].knows("b", of: partition) }
        await fleet.end(others[0])
    }

    /// One after the other, each under load, and each comes back under a new name.
    @Test func aRollingRestartFailsNobody() async throws {
        let (a, others) = try await owner(others: ["b"])
        let b = others[0]
        let c = fleet.instance("c")
        let d = fleet.instance("d")
        let told = try await CommandStream.flowing(through: [a, b], among: [a, b, c, d]) { stream in
            await stream.answers(50)
            await a.service.handOver()
            c.run()
            await b.sees(["b", "c"])
            await stream.answers(50)
            await b.service.handOver()
            d.run()
            await c.sees(["c", "d"])
            await c.writes(Fleet.all)
            await stream.answers(50)
        }
        try await fleet.expectAllCommitted(told)
        try await a.stop()
        try await b.stop()
        await fleet.end(c, d)
    }

    @Test func aSuccessorThatDoesNotClaimIsReplaced() async throws {
        let (a, others) = try await owner(others: ["b", "c"])
        others[0].log.hold()  // it seems to be there, and is not
        async let done: Void = a.service.handOver()
        await others[1].writes(Array(Fleet.all.filter { $0.partition.rawValue % 2 == 1 }))
        await fleet.clock.sleeper(for: .milliseconds(2500))
        fleet.clock.advance(by: .milliseconds(2500))
        await done
        await others[1].writes(Fleet.all)
        await fleet.end(a, others[0], others[1])
    }

    @Test func withoutASuccessorThatClaimsItStopsAtTheDeadline() async throws {
        let (a, others) = try await owner(others: ["b"])
        others[0].log.hold()
        async let stopped: Void = a.stop()
        for _ in 0..<2 {
            await fleet.clock.sleeper(for: .milliseconds(2500))
            fleet.clock.advance(by: .milliseconds(2500))
        }
        try await stopped
        // What nobody has taken over is taken back.
        let c = try await fleet.start("c")
        for partition in Fleet.all { await c.hears(of: partition) { $0.isWithdrawn } }
        await fleet.end(others[0], c)
    }

    @Test func aSuccessorThatGoesIsReplacedAtOnce() async throws {
        let (a, others) = try await owner(others: ["b", "c"])
        others[0].log.hold()
        async let done: Void = a.service.handOver()
        await others[1].writes(Array(Fleet.all.filter { $0.partition.rawValue % 2 == 1 }))
        try await fleet.announce(OwnerRecord.absence(instance: "b").encoded)
        await done
        await others[1].writes(Fleet.all)
        await fleet.end(a, others[0], others[1])
    }

    /// Nobody waits for the other, and no clock has to move.
    @Test func whenAllLeaveAtOnceNobodyWaits() async throws {
        let (a, others) = try await owner(others: ["b"])
        async let first: Void = a.stop()
        async let second: Void = others[0].stop()
        _ = try await (first, second)
    }

    @Test func aloneItJustStops() async throws {
        let (a, _) = try await owner(others: [])
        try await a.stop()
        guard case .unavailable = try await a.service.execute(.add(1, to: "x", id: "late")) else {
            Issue.record("taken after the end")
            return
        }
    }

    /// A recovery in the midst of a handover is a new claim, and a new announcement: it names the successor as well.
    @Test func aNewEpochKeepsTheSuccessor() async throws {
        let (a, others) = try await owner(others: ["b"])
        a.owners.name([Fleet.all[0]: "b"])
        await others[0].writes([Fleet.all[0]])
        a.owners.won(Fleet.all[0], epoch: Epoch(1 << 51))
        await others[0].hears(of: Fleet.all[0]) { $0.announcement.epoch == Epoch(1 << 51) }
        #expect(others[0].owners.ownership(of: Fleet.all[0])?.successor == "b")
        await fleet.end(a, others[0])
    }
}
