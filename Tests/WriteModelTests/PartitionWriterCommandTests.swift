import EventLog
import EventModel
import Testing
import WriteModel

/// How commands wait, are recognized, and expire.
@Suite struct PartitionWriterCommandTests {
    private func commit(_ id: String, at offset: Int64, version: Int64) throws -> CommitReference {
        CommitReference(
            offset: Offset(offset), firstVersion: StreamVersion(version), events: 1, commandID: CommandID(trusted: id),
            commandDigest: try CounterDecider.payload(.add(1)).digest)
    }

    /// A stream of two commits, of which the store tells the newer one at once.
    private func stored() throws -> StoredStream {
        StoredStream(version: StreamVersion(2), state: [2], recent: [try commit("b", at: 8, version: 2)], isRecentComplete: false)
    }

    @Test func aRepetitionInFlightSharesTheCommit() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        #expect(try bench.command("c1", ticket: 2) == [])
        #expect(try bench.command("c1", .add(2), ticket: 3) == [])
        #expect(bench.land() == ["1: committed v1 @1", "2: replayed v1 @1", "3: reused"])
    }

    @Test func aRepetitionOfASettledCommandIsReplayed() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.land()
        #expect(try bench.command("c1", ticket: 2) == ["2: replay @1"])
        #expect(try bench.command("c1", .add(2), ticket: 3) == ["3: reused"])
        #expect(try bench.command("c1", on: "t", ticket: 4) == ["load t"])
        #expect(bench.load() == ["append c1 1.2 v1"])
    }

    @Test func aRepetitionWhoseCommitWasLostIsCommittedOnce() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        try bench.command("c1", ticket: 2)
        bench.fail()
        try bench.command("c1", ticket: 3)
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c1 2.1 v1"])
        #expect(bench.land() == ["1: committed v1 @2", "2: replayed v1 @2", "3: replayed v1 @2"])
    }

    @Test func theStateStoreIsAskedForOlderCommands() throws {
        var bench = WriterBench.owning()
        try bench.command("b", ticket: 1)
        #expect(bench.load(try stored()) == ["1: replay @8"])
        #expect(try bench.command("a", ticket: 2) == ["look up a"])
        #expect(try bench.command("a", .add(2), ticket: 3) == [])
        #expect(try bench.command("c", ticket: 4) == [])
        #expect(bench.find(try commit("a", at: 5, version: 1)) == ["2: replay @5", "3: reused", "look up c"])
        #expect(try bench.command("c", ticket: 5) == [])
        #expect(bench.find(nil) == ["append c 1.1 v3"])
        #expect(bench.land() == ["4: committed v3 @1", "5: replayed v3 @1"])
    }

    @Test func aLookUpThatFailsAnswersThoseWhoWait() throws {
        var bench = WriterBench.owning()
        try bench.command("a", ticket: 1)
        try bench.command("b", ticket: 2)
        #expect(bench.failLookup() == ["1: unavailable", "2: unavailable"])
        try bench.command("a", ticket: 3)
        bench.load(try stored())
        #expect(bench.failLookup() == ["3: unavailable"])
        #expect(bench.writer.queueDepth == 0)
    }

    /// An assignment's load must not be answered by the one before: the state may be older.
    @Test func anAnswerFromAnEarlierAssignmentIsIgnored() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        let lookup = bench.takeLookup()
        let old = try #require(lookup).id
        try bench.command("c2", on: "t", ticket: 2)
        bench.load()
        bench.storeClaim(by: "b")
        bench.land()
        bench.readAll()
        try bench.storeCommit("x", version: 1)
        bench.feed(.assigned(from: .beginning))
        bench.readAll()
        bench.feed(.folded(bench.position(3)))
        bench.land()
        #expect(bench.readAll().last == "own 3")
        #expect(try bench.command("c1", ticket: 3) == ["load s"])
        #expect(bench.feed(.loaded(old, nil)) == [])
        #expect(bench.feed(.lookupFailed(old, "")) == [])
        #expect(bench.feed(.found(old, CommandID(trusted: "c1"), nil)) == [])
        #expect(
            bench.load(
                StoredStream(version: StreamVersion(1), state: [1], recent: [try commit("x", at: 3, version: 1)], isRecentComplete: true))
                == ["append c1 3.1 v2"])
    }

    @Test func tooManyWaitingCommandsAreRefused() throws {
        var limits = PartitionWriter.Limits()
        limits.unanswered = 2
        var bench = WriterBench.owning(limits: limits)
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        #expect(try bench.command("c3", ticket: 3) == ["3: overloaded"])
        bench.load()
        bench.land()
        #expect(try bench.command("c4", ticket: 4) == ["append c4 1.3 v3"])
    }

    @Test func noMoreThanTheLimitIsInFlight() throws {
        var limits = PartitionWriter.Limits()
        limits.inFlight = 2
        var bench = WriterBench.owning(limits: limits)
        for ticket in UInt64(1)...4 { try bench.command("c\(ticket)", ticket: ticket) }
        #expect(bench.load() == ["append c1 1.1 v1", "append c2 1.2 v2"])
        #expect(bench.land() == ["1: committed v1 @1", "append c3 1.3 v3"])
        #expect(bench.land() == ["2: committed v2 @2", "append c4 1.4 v4"])
    }

    @Test func whatExpiresBeforeItsTurnHasNotHappened() throws {
        var limits = PartitionWriter.Limits()
        limits.inFlight = 1
        var bench = WriterBench.owning(limits: limits)
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        #expect(bench.feed(.expired(.init(2))) == ["2: unavailable"])  // its stream is being loaded
        bench.load()
        try bench.command("c3", ticket: 3)
        #expect(bench.feed(.expired(.init(3))) == ["3: unavailable"])  // one is in flight
        #expect(bench.feed(.expired(.init(3))) == [])
        bench.land()
        #expect(bench.feed(.expired(.init(1))) == [])
        #expect(bench.writer.queueDepth == 0)
    }

    @Test func whatExpiresInFlightIsUnknownAndSettlesLater() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        try bench.command("c1", ticket: 2)
        try bench.command("c2", .nothing, ticket: 3)
        for ticket in UInt64(1)...2 { #expect(bench.feed(.expired(.init(ticket))) == ["\(ticket): unknown"]) }
        #expect(bench.feed(.expired(.init(3))) == ["3: unavailable"])  // it appends nothing
        #expect(bench.writer.queueDepth == 2)
        #expect(bench.land() == ["1: committed v1 @1", "2: replayed v1 @1"])
        #expect(bench.writer.queueDepth == 0)
    }

    @Test func aStreamOfNoCategoryIsNotLeftWaiting() throws {
        var bench = WriterBench.owning()
        let command = Command(
            id: CommandID(trusted: "c1"), stream: StreamID(trusted: "other/1"), payload: try CounterDecider.payload(.add(1)))
        #expect(bench.feed(.command(command, .init(1))) == ["1: unavailable"])
        #expect(bench.writer.queueDepth == 0)
    }
}
