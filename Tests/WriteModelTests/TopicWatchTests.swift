import EventLog
import EventModel
import HighwaterTesting
import Testing

@testable import WriteModel

/// What a running instance notices of its topic.
@Suite(.timeLimit(.minutes(5))) struct TopicWatchTests {
    private let fleet = Fleet()

    private func look(_ instance: FleetInstance) async {
        await fleet.clock.sleeper(for: .seconds(2))
        fleet.clock.advance(by: .seconds(2))
    }

    @Test func partitionsAddedToTheTopicEndTheWriting() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        #expect(try await a.service.execute(.add(1, to: "x", id: "1")).receipt != nil)
        #expect(a.service.obstacle == nil)
        a.log.show(8, of: Fleet.topic)
        await look(a)
        await a.writes([])
        let obstacle = try #require(a.service.obstacle)
        #expect(obstacle.contains("has 8 partitions and was written when it had 4"), "\(obstacle)")
        guard case .unavailable(let reason) = try await a.service.execute(.add(1, to: "x", id: "2")) else {
            Issue.record("a command was taken")
            return
        }
        #expect(reason == obstacle)
        let error = await #expect(throws: HistoryError.self) { try await a.service.accountedPosition(of: StreamID("tally/x")) }
        #expect(error?.code == .unavailable && error?.description == obstacle)
        // Hints to claim change nothing.
        fleet.groups.repeatAssignments()
        await look(a)
        #expect(await a.service.ownership().allSatisfy { !$0.isOwner && $0.reason == obstacle })

        a.log.show(nil, of: Fleet.topic)
        await look(a)
        await a.writes(Fleet.all)
        #expect(a.service.obstacle == nil)
        #expect(try await a.service.execute(.add(1, to: "x", id: "3")).receipt?.version == StreamVersion(2))
        await fleet.end(a)
    }

    @Test func aTopicThatCannotBeAskedIsTakenToBeAsItWas() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        a.log.refuse(Fleet.topic)
        await look(a)
        await fleet.clock.sleeper(for: .seconds(2))
        #expect(a.service.obstacle == nil)
        #expect(await a.service.ownership().allSatisfy(\.isOwner))
        a.log.admit(Fleet.topic)
        await fleet.end(a)
    }
}
