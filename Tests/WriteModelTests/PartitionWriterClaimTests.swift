import EventLog
import EventModel
import Testing
import WriteModel

/// How a partition is taken and lost.
@Suite struct PartitionWriterClaimTests {
    @Test func readsToTheEndThenClaimsThenOwns() {
        var bench = WriterBench()
        #expect(bench.feed(.assigned(from: .beginning)) == ["renew", "read to the end"])
        #expect(bench.readAll() == ["claim 1"])
        #expect(bench.land() == ["read through 0"])
        #expect(!bench.writer.isOwner)
        #expect(bench.readAll() == ["own 1"])
        #expect(bench.writer.isOwner)
        #expect(bench.feed(.assigned(from: .beginning)) == [])
    }

    @Test func anothersCommitsGoToTheStateStoreBeforeTheClaim() throws {
        var bench = WriterBench()
        bench.storeClaim(by: "b")
        try bench.storeCommit("x", version: 1)
        bench.feed(.assigned(from: .beginning))
        #expect(bench.readAll() == ["fold @1"])
        #expect(bench.feed(.folded(bench.position(1))) == ["claim 2"])
    }

    /// One fold at a time: where one fails, none may follow it.
    @Test func batchesAreFoldedOneAfterAnother() throws {
        var bench = WriterBench()
        bench.storeClaim(by: "b")
        try bench.storeCommit("x", on: "s", version: 1)
        try bench.storeCommit("y", on: "t", version: 1)
        try bench.storeCommit("z", on: "u", version: 1)
        bench.feed(.assigned(from: .beginning))
        #expect(bench.read(through: 1) == ["fold @1"])
        #expect(bench.read(through: 2) == [])
        #expect(bench.read(through: 3) == [])
        #expect(bench.endReading() == [])
        #expect(bench.feed(.folded(bench.position(1))) == ["fold @2 @3"])
        #expect(bench.feed(.folded(bench.position(1))) == [])
        #expect(bench.feed(.folded(bench.position(3))) == ["claim 2"])
    }

    @Test func aFoldThatFailsEndsTheAssignment() throws {
        var bench = WriterBench()
        bench.storeClaim(by: "b")
        try bench.storeCommit("x", on: "s", version: 1)
        try bench.storeCommit("y", on: "t", version: 1)
        bench.feed(.assigned(from: .beginning))
        bench.read(through: 1)
        bench.read(through: 2)
        let first = bench.position(1)
        #expect(bench.feed(.foldFailed(first, "disk full")) == ["renew", "give up"])
        // A late word from that assignment does not end the next one.
        bench.feed(.assigned(from: .beginning))
        bench.read(through: 2)
        #expect(bench.feed(.foldFailed(first, "disk full")) == [])
    }

    @Test func aClaimThatCameTooLateIsMadeAgainAfterAPause() {
        var bench = WriterBench()
        bench.feed(.assigned(from: .beginning))
        bench.readAll()
        bench.storeClaim(by: "b")
        bench.land()
        #expect(bench.readAll() == ["1 void", "renew", "back off 1"])
        #expect(bench.feed(.backedOff) == ["read to the end"])
        #expect(bench.readAll() == ["1 void", "claim 2"])
        bench.land()
        #expect(bench.readAll().last == "own 2")
    }

    @Test func aCommitBetweenTheEndAndTheClaimIsFoldedBeforeOwning() throws {
        var bench = WriterBench()
        bench.storeClaim(by: "b")
        bench.feed(.assigned(from: .beginning))
        bench.readAll()
        try bench.storeCommit("x", version: 1)
        bench.land()
        #expect(bench.readAll() == ["fold @1"])
        #expect(bench.feed(.folded(bench.position(2))) == ["own 2"])
    }

    @Test func aClaimReadBeyondTheTargetIsAnothersTurn() {
        var bench = WriterBench()
        bench.feed(.assigned(from: .beginning))
        bench.readAll()
        bench.land()
        bench.storeClaim(by: "b")
        #expect(bench.readAll() == ["renew", "back off 1"])
    }

    @Test func anOldClaimOfItsOwnThatLandsLateIsAsGood() throws {
        var bench = WriterBench()
        bench.feed(.assigned(from: .beginning))
        bench.readAll()
        #expect(bench.fail() == ["recover", "renew", "back off 1"])
        bench.feed(.backedOff)
        bench.readAll()
        // The claim that was reported failed lands first; the second one is void, but says the same.
        bench.store(.claim(Claim(epoch: Epoch(1), writer: "a", at: Timestamp(microseconds: 0), partitions: 1)))
        #expect(bench.land() == ["read through 1"])
        #expect(bench.readAll() == ["1 void", "own 1"])
        try bench.command("c1", ticket: 1)
        #expect(bench.load() == ["append c1 1.1 v1"])
        #expect(bench.land() == ["1: committed v1 @2"])
    }

    @Test func anothersClaimDeposes() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.storeClaim(by: "b")
        #expect(bench.land() == ["read through 2"])
        #expect(bench.readAll() == ["1 void", "1: not owner", "renew", "deposed by b"])
        #expect(bench.writer.queueDepth == 0)
        #expect(try bench.command("c2", ticket: 2) == ["2: not owner"])
    }

    @Test func whatLandedBeforeAnothersClaimIsAcknowledgedAndTheRestIsNot() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        bench.load()
        bench.land(reported: false)
        bench.storeClaim(by: "b")
        #expect(bench.land() == ["read through 3"])
        #expect(bench.readAll() == ["1 void", "1: committed v1 @1", "2: not owner", "renew", "deposed by b"])
    }

    @Test func anotherNumberOfPartitionsIsRefused() {
        var bench = WriterBench(partitions: 4)
        bench.storeClaim(by: "b", partitions: 3)
        bench.feed(.assigned(from: .beginning))
        #expect(bench.readAll() == ["renew", "give up"])
    }

    @Test func whatAnAbandonedProducerReportsIsIgnored() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        bench.load()
        let second = try #require(bench.wire.dropFirst(1).first).id
        #expect(bench.fail() == ["recover", "renew", "read to the end"])
        #expect(bench.feed(.reported(second, .success(Offset(1)))) == [])
        #expect(bench.feed(.reported(second, .failure(LogError(.timedOut, "")))) == [])
    }

    /// Void as it is, it may stand just where the new producer's commit of the same sequence is expected.
    @Test func whatAnAbandonedProducerStoresIsNotTakenForTheNewOnes() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        let old = try #require(bench.wire.first)
        bench.fail()
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c1 2.1 v1"])
        let offset = bench.store(old.record)
        #expect(bench.feed(.reported(old.id, .success(offset))) == [])
        #expect(bench.land() == ["read through 3"])
        #expect(bench.readAll() == ["1 void", "1: committed v1 @3"])
    }

    /// Another instance opens the state store before it claims: where it has claimed, this one stops; else it steps down to be assigned
    /// anew, and does not claim by itself, which would depose the newcomer.
    @Test func aSupersededStoreEndsTheOwnership() throws {
        var bench = WriterBench.owning()
        try bench.command("1", ticket: 1)
        #expect(bench.feed(.storeLost("opened again")) == ["recover", "renew", "read to the end"])
        #expect(bench.feed(.storeLost("opened again")) == [])
        bench.storeClaim(by: "b")
        #expect(bench.readAll() == ["1: not owner", "renew", "deposed by b"])

        var alone = WriterBench.owning()
        try alone.command("1", ticket: 1)
        alone.feed(.storeLost("opened again"))
        #expect(alone.readAll() == ["1: unavailable", "renew", "give up"])
        // Then it may claim again.
        alone.feed(.assigned(from: .beginning))
        #expect(alone.readAll() == ["claim 2"])
    }

    @Test func aSupersededStoreIsOfNoConcernWhileTakingThePartition() {
        var bench = WriterBench()
        #expect(bench.feed(.storeLost("opened again")) == [])
        bench.feed(.assigned(from: .beginning))
        #expect(bench.feed(.storeLost("opened again")) == [])
        #expect(bench.readAll() == ["claim 1"])
    }
}
