import EventLog
import EventModel
import HighwaterTesting
import Testing

@testable import WriteModel

/// Several instances on one log: who writes what, and how the others know.
@Suite(.timeLimit(.minutes(5))) struct OwnersTests {
    private let fleet = Fleet()

    @Test func theOwnerAnnouncesItself() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        for partition in Fleet.all { await a.knows("a", of: partition) }
        let announced = try #require(a.owners.owner(of: Fleet.all[0]))
        #expect(announced.url == "http://a")
        let ownership = await a.service.ownership()
        #expect(ownership[0].epoch == announced.epoch && ownership[0].isOwner && ownership[0].announced == nil)
        await fleet.end(a)
    }

    @Test func aNewcomerTakesItsShareAndTheFirstNoticesWithoutCommands() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        let b = try await fleet.start("b")
        await b.writes(Array(Fleet.all[2...]))
        await a.writes(Array(Fleet.all[..<2]))
        await b.knows("a", of: Fleet.all[0])
        let ownership = await a.service.ownership()
        #expect(ownership[3].announced == b.owners.owner(of: Fleet.all[3]))
        #expect(ownership[3].reason?.contains("'b'") == true)
        await fleet.end(a, b)
    }

    @Test func aRebalanceUnderLoadLosesNothingAndFailsNobody() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        let b = fleet.instance("b")
        let told = try await CommandStream.flowing(through: [a], among: [a, b]) { stream in
            await stream.answers(50)
            b.run()
            await b.writes(Array(Fleet.all[2...]))
            // Who does not know yet that it has lost a partition would pass over the hint to claim it, which this group does not repeat.
            await a.writes(Array(Fleet.all[..<2]))
            await stream.answers(50)
            await fleet.groupLeaves(b)
            await a.writes(Fleet.all)
            await stream.answers(50)
        }
        try await fleet.expectAllCommitted(told)
        await fleet.end(a, b)
    }

    /// The group goes on naming the one that was deposed: as it does, it claims again.
    @Test func aRepeatedHintIsFollowed() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        try await depose(Fleet.all[1])
        await a.service.owner(of: Fleet.all[1])?.check()
        await a.writes([Fleet.all[0], Fleet.all[2], Fleet.all[3]])
        fleet.groups.repeatAssignments()
        await a.writes(Fleet.all)
        await fleet.end(a)
    }

    @Test func anIdleOwnerLooksNowAndThenWhetherItStillIsOne() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        await fleet.clock.sleeper(for: .milliseconds(200))
        try await depose(Fleet.all[1])
        fleet.clock.advance(by: .seconds(1))
        await a.writes([Fleet.all[0], Fleet.all[2], Fleet.all[3]])
        await fleet.end(a)
    }

    /// A process that slept while another took its partition: what it had on the wire is void, and its client hears so.
    @Test func aZombieAcknowledgesNothing() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        let b = fleet.instance("b")
        a.log.hold()
        let held = a.log.arrivals.count
        async let outcome = a.service.execute(.add(1, to: "x", id: "1"))
        await a.log.arrivals.wait(beyond: held)
        b.run()
        await b.writes(Array(Fleet.all[2...]))
        await fleet.groupLeaves(a)
        await b.writes(Fleet.all)
        #expect(try await b.service.execute(.add(5, to: "x", id: "2")).receipt?.version == StreamVersion(1))
        a.log.release()
        guard case .notOwner = try await outcome else {
            Issue.record("a zombie answered \(try await outcome)")
            return
        }
        #expect(try await fleet.commits().map(\.commandID) == [CommandID(trusted: "2")])
        await fleet.end(a, b)
    }

    @Test func aZombieRefusesNothingFromItsOldState() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        #expect(try await a.service.execute(.add(100, to: "x", id: "1")).receipt != nil)
        let b = fleet.instance("b")
        // Its readers wait, so that it hears nothing; the log answers it all the same.
        a.log.holdReaders()
        b.run()
        await fleet.groupLeaves(a)
        await b.writes(Fleet.all)
        #expect(try await b.service.execute(.add(-50, to: "x", id: "2")).receipt != nil)
        async let outcome = a.service.execute(.add(1, to: "x", id: "3"))
        a.log.release()
        guard case .notOwner = try await outcome else {
            Issue.record("a zombie answered \(try await outcome)")
            return
        }
        await fleet.end(a, b)
    }

    /// Who has read its own write from the new owner does not read less from the old one.
    @Test func aZombieShowsNothingOlderThanWhatIsAskedFor() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        let own = try #require(try await a.service.execute(.add(1, to: "x", id: "1")).receipt)
        try await a.service.catchUp(to: own.position, timeout: .seconds(30))
        let b = fleet.instance("b")
        a.log.holdReaders()
        b.run()
        await fleet.groupLeaves(a)
        await b.writes(Fleet.all)
        let receipt = try #require(try await b.service.execute(.add(1, to: "x", id: "2")).receipt)
        async let isAsFresh: Void = a.service.catchUp(to: receipt.position, timeout: .seconds(30))
        a.log.release()
        do {
            try await isAsFresh
            Issue.record("a zombie believes to be as fresh as its successor")
        } catch let error as HistoryError {
            #expect(error.code == .notOwner)
        }
        try await b.service.catchUp(to: receipt.position, timeout: .seconds(30))
        // There is no such record.
        let beyond = LogPosition(receipt.position.partition, Offset(receipt.position.offset.rawValue + 1000))
        await #expect(throws: HistoryError.self) { try await b.service.catchUp(to: beyond, timeout: .seconds(30)) }
        await fleet.end(a, b)
    }

    /// One partition's store or log may hang; the hints about the others are followed all the same.
    @Test func aPartitionThatCannotBeTakenHoldsUpNoOther() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        let b = fleet.instance("b", stores: HangingStores(Fleet.all[3]))
        b.run()
        await b.writes([Fleet.all[2]])
        await fleet.groupLeaves(a)
        await b.writes(Array(Fleet.all[..<3]))
        await fleet.end(a, b)
    }

    @Test func anAnnouncementThatComesLateIsIgnoredAndSaidOver() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        for partition in Fleet.all { await a.knows("a", of: partition) }
        let known = try #require(a.owners.owner(of: Fleet.all[0]))
        let late = OwnerAnnouncement(partition: Fleet.all[0], epoch: Epoch(known.epoch.rawValue - 1), instance: "z", url: "http://z")
        let end = try await fleet.announce(OwnerRecord.ownership(.init(announcement: late)).encoded)
        // Compaction would keep the late one: a newcomer must find the right one behind it.
        let reader = try await fleet.log.makeReader(of: Fleet.owners, from: end.next)
        let next = try #require(try await reader.next(maximumBytes: 1).entries.first)
        #expect(OwnerRecord(next) == .ownership(.init(announcement: known)))
        #expect(a.owners.owner(of: Fleet.all[0]) == known)
        await fleet.end(a)
    }

    /// Nobody's claim would ever have a higher epoch.
    @Test func aForgedAnnouncementIsSaidOver() async throws {
        let a = try await fleet.start("a")
        await a.writes(Fleet.all)
        for partition in Fleet.all { await a.knows("a", of: partition) }
        let known = try #require(a.owners.owner(of: Fleet.all[0]))
        let forged = OwnerAnnouncement(partition: Fleet.all[0], epoch: Epoch(1 << 60), instance: "z", url: "http://z")
        let end = try await fleet.announce(OwnerRecord.ownership(.init(announcement: forged)).encoded)
        let reader = try await fleet.log.makeReader(of: Fleet.owners, from: end.next)
        let next = try #require(try await reader.next(maximumBytes: 1).entries.first)
        #expect(OwnerRecord(next) == .ownership(.init(announcement: known)))
        let b = try await fleet.start("b")
        await b.hears(of: Fleet.all[0]) { $0.announcement.instance == "a" }
        await fleet.end(a, b)
    }

    /// The owner that was killed had the higher epoch, as of a log that has been made anew since: its successor is believed once it is gone.
    @Test func theSuccessorOfAKilledOwnerIsBelievedOnceThatIsForgotten() async throws {
        let forged = OwnerAnnouncement(partition: Fleet.all[0], epoch: Epoch(1 << 60), instance: "z", url: "http://z")
        try await fleet.log.createTopic(Fleet.topic.owners, partitions: 1)
        try await fleet.announce(OwnerRecord.presence(instance: "z", url: "http://z").encoded)
        try await fleet.announce(OwnerRecord.ownership(.init(announcement: forged)).encoded)
        let a = try await fleet.start("a")
        await a.sees(["a", "z"])
        await a.writes(Fleet.all)
        await a.knows("z", of: Fleet.all[0])
        for _ in 0..<4 {
            await fleet.clock.sleeper(for: .seconds(10))
            fleet.clock.advance(by: .seconds(10))
        }
        await a.knows("a", of: Fleet.all[0])
        await fleet.end(a)
    }

    @Test func anAnnouncementThatCannotBeReadIsPassedOver() async throws {
        try await fleet.log.createTopic(Fleet.topic.owners, partitions: 1)
        try await fleet.announce(LogRecord(key: Bytes("counting/0".utf8), value: Bytes("nonsense".utf8)))
        let a = try await fleet.start("a")
        for partition in Fleet.all { await a.knows("a", of: partition) }
        await fleet.end(a)
    }

    @Test func theOwnersTopicMayBeAwayAtTheStart() async throws {
        let fleet = Fleet(backoff: 0.5)
        let a = fleet.instance("a")
        a.log.refuse(Fleet.topic.owners)
        a.run()
        await a.writes(Fleet.all)
        #expect(try await a.service.execute(.add(1, to: "x", id: "1")).receipt != nil)
        #expect(a.owners.owner(of: Fleet.all[0]) == nil)
        await fleet.clock.sleeper(for: .milliseconds(25))  // before it tries again
        a.log.admit(Fleet.topic.owners)
        await fleet.clock.flowing { for partition in Fleet.all { await a.knows("a", of: partition) } }
        await fleet.end(a)
    }

    @Test func whoeverIsNotHeardOfIsForgotten() async throws {
        let a = try await fleet.start("a")
        let b = try await fleet.start("b")
        await a.sees(["a", "b"])
        await b.sees(["a", "b"])
        b.log.hold()
        for _ in 0..<4 {
            await fleet.clock.sleepers(2, for: .seconds(10))
            fleet.clock.advance(by: .seconds(10))
        }
        await a.sees(["a"])
        await fleet.end(a, b)
    }

    @Test func waitingForAChangeEndsWhenCancelled() async throws {
        let a = fleet.instance("a")
        let waiting = Task { await a.owners.change(of: Fleet.all[0], from: nil) }
        waiting.cancel()
        #expect(await waiting.value == nil)
        await fleet.end(a)
    }

    /// Another writer, of which nobody hears otherwise, claims the partition.
    private func depose(_ partition: TopicPartition) async throws {
        let claim = Claim(
            epoch: Epoch(1 << 50), writer: "stranger", at: fleet.clock.environment.now(), partitions: Int32(Fleet.partitions))
        try await fleet.append(LogRecord(key: [], value: Bytes(Record.claim(claim).encoded)), to: partition)
    }
}

/// Stores in memory, of which one never opens.
private struct HangingStores: StateStoreProvider {
    private let hanging: TopicPartition
    private let stores = InMemoryStateStores()

    init(_ hanging: TopicPartition) { self.hanging = hanging }

    func open(_ partition: TopicPartition, foldVersion: String) async throws -> any StateStore {
        if partition == hanging {
            for await _ in AsyncStream.makeStream(of: Never.self).stream {}  // until cancelled
            throw CancellationError()
        }
        return await stores.open(partition, foldVersion: foldVersion)
    }
}
