import EventLog
import EventModel
import Testing
import WriteModel

/// How commits in flight become acknowledged, or are decided again.
@Suite struct PartitionWriterSettlingTests {
    @Test func contiguousReportsAcknowledge() throws {
        var bench = WriterBench.owning()
        #expect(try bench.command("c1", ticket: 1) == ["load s"])
        #expect(try bench.command("c2", .add(2), ticket: 2) == [])
        #expect(bench.load() == ["append c1 1.1 v1", "append c2 1.2 v2"])
        #expect(try bench.command("c3", ticket: 3) == ["append c3 1.3 v4"])
        #expect(bench.land() == ["1: committed v1 @1"])
        #expect(bench.land() == ["2: committed v2 @2"])
        #expect(bench.land() == ["3: committed v4 @3"])
        #expect(bench.writer.queueDepth == 0)
    }

    @Test func aJumpIsReadBeforeItIsAcknowledged() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.store(.claim(Claim(epoch: Epoch(1), writer: "a", at: Timestamp(microseconds: 0), partitions: 1)))  // a repetition
        #expect(bench.land() == ["read through 2"])
        #expect(bench.readAll() == ["1 void", "1: committed v1 @2"])
        try bench.command("c2", ticket: 2)
        #expect(bench.land() == ["2: committed v2 @3"])
    }

    @Test func reportsWaitWhileAJumpIsRead() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        try bench.command("c3", ticket: 3)
        bench.load()
        bench.store(bench.entries[0].record)
        bench.land()
        #expect(bench.land() == [])
        bench.store(bench.entries[0].record)
        #expect(bench.land() == [])
        #expect(bench.read(through: 2) == ["1 void", "1: committed v1 @2"])
        #expect(bench.endReading() == ["2: committed v2 @3", "read through 5"])
        #expect(bench.readAll() == ["1 void", "3: committed v3 @5"])
    }

    @Test func readingBeyondTheTargetSettlesWhatIsThere() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        bench.load()
        bench.store(bench.entries[0].record)
        bench.land()
        #expect(bench.land() == [])
        #expect(bench.readAll() == ["1 void", "1: committed v1 @2", "2: committed v2 @3"])
        try bench.command("c3", ticket: 3)
        #expect(bench.land() == ["3: committed v3 @4"])
    }

    @Test func aVoidCommitEndsOwnershipAndIsDecidedAgain() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        bench.load()
        // The first is lost without a report; the second lands and is void.
        let second = try #require(bench.wire.dropFirst(1).first)
        let offset = bench.store(second.record)
        bench.store(bench.entries[0].record)
        #expect(bench.feed(.reported(second.id, .success(offset))) == ["read through 1"])
        #expect(bench.read(through: 1) == ["1 void"])
        #expect(bench.endReading() == ["recover", "renew", "read to the end"])
        bench.readAll()
        #expect(bench.land() == ["read through 3"])
        #expect(bench.readAll() == ["2 void", "own 2", "append c1 2.1 v1", "append c2 2.2 v2"])
    }

    @Test func recoveryAcknowledgesWhatLandedAndDecidesTheRestAgain() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        bench.load()
        let landed = try #require(bench.wire.first).record
        #expect(bench.fail() == ["recover", "renew", "read to the end"])
        #expect(try bench.command("c3", ticket: 3) == [])
        #expect(bench.readAll() == ["claim 2"])
        bench.store(landed)  // between the end and the claim
        #expect(bench.land() == ["read through 2"])
        #expect(bench.readAll() == ["1: committed v1 @1", "own 2", "append c2 2.1 v2", "append c3 2.2 v3"])
        // What was in flight before the claim is void.
        bench.store(try #require(bench.zombies.first))
        #expect(bench.land() == ["read through 4"])
        #expect(bench.readAll() == ["1 void", "2: committed v2 @4"])
    }

    @Test func anAnswerIsHeldUntilWhatItRestsOnHasLanded() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", .addBelow(1), ticket: 2)
        try bench.command("c3", .nothing, ticket: 3)
        try bench.command("c4", expected: .noStream, ticket: 4)
        #expect(bench.load() == ["append c1 1.1 v1", "confirm"])
        #expect(bench.confirm() == [])
        #expect(bench.land() == ["1: committed v1 @1", "2: full v1", "3: unchanged v1 @1", "4: conflict v1"])
        #expect(try bench.command("c5", .addBelow(1), ticket: 5) == ["confirm"])
        #expect(bench.confirm() == ["5: full v1"])
    }

    @Test func aHeldAnswerIsGivenAnewWhenItsGroundIsLost() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", .add(2), expected: .noStream, ticket: 1)
        try bench.command("c2", .addBelow(2), ticket: 2)
        try bench.command("c3", .nothing, ticket: 3)
        bench.load()
        bench.fail()
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c1 2.1 v1", "confirm"])
        #expect(bench.land() == ["1: committed v1 @2"])
        #expect(bench.confirm() == ["2: full v2", "3: unchanged v2 @2"])
    }

    @Test func heldAnswersKeepTheirOrderThroughRecovery() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", .nothing, ticket: 2)
        try bench.command("c3", ticket: 3)
        try bench.command("c4", .nothing, ticket: 4)
        bench.load()
        let first = try #require(bench.wire.first).record
        bench.fail()
        bench.store(first)
        #expect(bench.readAll() == ["1: committed v1 @1", "claim 2"])
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c3 2.1 v2", "confirm"])
        // The second was decided before the third, which by landing confirms it.
        #expect(bench.land() == ["2: unchanged v1 @2", "3: committed v2 @3"])
        #expect(bench.confirm() == ["4: unchanged v2 @3"])
    }

    @Test func aTooLargeCommandIsRefusedOnlyOnSettledGround() throws {
        var limits = PartitionWriter.Limits()
        limits.recordBytes = 10
        var bench = WriterBench.owning(limits: limits)
        try bench.command("c1", ticket: 1)
        try bench.command("c2", .addLarge(11), ticket: 2)
        #expect(bench.load() == ["append c1 1.1 v1", "confirm"])
        #expect(bench.land() == ["1: committed v1 @1"])
        #expect(bench.confirm() == ["2: too large"])
        try bench.command("c3", .addLarge(11), ticket: 3)
        #expect(bench.confirm() == ["3: too large"])
    }

    /// The log's own limit is met by one command; the others are none the worse.
    @Test func whatTheLogFindsTooLargeHarmsNobodyElse() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        try bench.command("c3", ticket: 4)
        try bench.command("c4", .nothing, ticket: 5)
        bench.load()
        bench.land()
        // It was not alone: which of the two is too large is not known yet.
        #expect(bench.fail(.recordTooLarge) == ["recover", "renew", "read to the end"])
        #expect(try bench.command("c5", ticket: 6) == [])
        #expect(bench.readAll() == ["claim 2"])
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c2 2.1 v2"])
        #expect(bench.fail(.recordTooLarge) == ["recover", "renew", "read to the end"])
        #expect(bench.readAll() == ["claim 3"])
        bench.land()
        #expect(
            bench.readAll() == ["own 3", "2: too large", "append c3 3.1 v2", "append c5 3.2 v3", "confirm"])
        #expect(bench.land() == ["4: committed v2 @4"])
        #expect(bench.land() == ["5: unchanged v2 @4", "6: committed v3 @5"])
        #expect(bench.writer.queueDepth == 0)
    }

    /// What is larger than the log takes only together goes in all the same, in smaller batches, and no client notices.
    @Test func aBatchThatIsTooLargeIsTriedInSmallerOnes() throws {
        var bench = WriterBench.owning()
        for number in 1...6 { try bench.command("c\(number)", on: "s\(number)", ticket: UInt64(number)) }
        for _ in 1...6 { bench.load() }
        #expect(bench.wire.count == 6)
        #expect(bench.fail(.recordTooLarge) == ["recover", "renew", "read to the end"])
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c1 2.1 v1", "append c2 2.2 v1", "append c3 2.3 v1"])
        #expect(bench.fail(.recordTooLarge) == ["recover", "renew", "read to the end"])
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 3", "append c1 3.1 v1"])
        for number in 1...5 {
            #expect(bench.land() == ["\(number): committed v1 @\(number + 2)", "append c\(number + 1) 3.\(number + 1) v1"])
        }
        #expect(bench.land() == ["6: committed v1 @8"])
        // All that were refused have landed: as many as before may be in flight.
        for number in 7...9 { try bench.command("c\(number)", on: "s1", ticket: UInt64(number)) }
        #expect(bench.wire.count == 3)
    }

    /// The refusal was of a second attempt: the first had been stored.
    @Test func whatIsRefusedForItsSizeAndThereAllTheSameIsCommitted() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.store(try #require(bench.wire.first).record)
        #expect(bench.fail(.recordTooLarge) == ["recover", "renew", "read to the end"])
        #expect(bench.readAll() == ["1: committed v1 @1", "claim 2"])
    }

    @Test func whatTheLogSaysThatItTakesIsNotExceeded() throws {
        var bench = WriterBench.owning()
        bench.feed(.recordLimit(300))
        try bench.command("c1", .addLarge(250), ticket: 1)
        #expect(bench.load() == ["confirm"])
        #expect(bench.confirm() == ["1: too large"])
        try bench.command("c2", .addLarge(100), ticket: 2)
        #expect(bench.land() == ["2: committed v1 @1"])
        bench.feed(.recordLimit(nil))
        try bench.command("c3", .addLarge(250), ticket: 3)
        #expect(bench.land() == ["3: committed v2 @2"])
    }

    @Test func aFullDiskIsADefiniteNoUntilItEnds() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        try bench.command("c3", on: "t", ticket: 3)
        bench.load()
        #expect(bench.fail(.storage) == ["recover", "1: unavailable", "2: unavailable", "3: unavailable", "renew", "read to the end"])
        #expect(try bench.command("c4", ticket: 4) == ["4: unavailable"])
        bench.readAll()
        #expect(bench.fail(.storage) == ["recover", "renew", "back off 1"])
        bench.feed(.backedOff)
        bench.readAll()
        bench.land()
        #expect(try bench.command("c5", ticket: 5) == [])
        #expect(bench.readAll() == ["own 2", "append c5 2.1 v1"])
        // The answer to a question of before the outage finds nobody.
        #expect(bench.load() == [])
        #expect(try bench.command("c6", on: "t", ticket: 6) == ["load t"])
    }

    /// The log's file is not at its place: nothing is stored, so nothing is in doubt, and when it is back the writer goes on.
    @Test func aDisplacedLogIsADefiniteNo() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        try bench.command("c2", ticket: 2)
        #expect(bench.fail(.displaced) == ["recover", "1: unavailable", "2: unavailable", "renew", "read to the end"])
        #expect(!bench.writer.isOwner && !bench.writer.isReadable)
        #expect(try bench.command("c3", ticket: 3) == ["3: unavailable"])
        let reading = try #require(bench.reading).id
        #expect(bench.feed(.readFailed(reading, LogError(.displaced, "gone"))) == ["recover", "renew", "back off 1"])
        bench.feed(.backedOff)
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 2"])
        #expect(try bench.command("c4", ticket: 4) == ["append c4 2.1 v1"])
    }

    /// One that has no commands finds it out by its looks at the log's end.
    @Test func anIdleOwnerNoticesADisplacedLog() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", .nothing, ticket: 1)
        bench.load()
        #expect(bench.failConfirmation(.displaced) == ["recover", "1: unavailable", "renew", "read to the end"])
        #expect(!bench.writer.isOwner)
    }

    /// With a commit in flight, its report comes first: it may say that it has landed.
    @Test func aCommitInFlightIsNotRefusedByALook() throws {
        var bench = WriterBench.owning()
        bench.feed(.check)
        try bench.command("c1", ticket: 1)
        bench.load()
        #expect(bench.failConfirmation(.displaced) == [])
        #expect(bench.land() == ["1: committed v1 @1"])
    }

    /// While the log's disk is full, what is there can be read.
    @Test func whatAFullLogHoldsIsReadable() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.land()
        try bench.command("c2", ticket: 2)
        bench.fail(.storage)
        #expect(!bench.writer.isOwner && bench.writer.isReadable)
        bench.readAll()
        bench.fail(.storage)
        #expect(bench.writer.isReadable)
        // Another has taken the partition meanwhile: it knows more.
        bench.feed(.backedOff)
        bench.storeClaim(by: "b")
        #expect(bench.readAll() == ["renew", "deposed by b"])
        #expect(!bench.writer.isReadable)
    }

    /// An unknown outcome may come of a rival.
    @Test func whatRecoversFromAnUnknownOutcomeIsNotReadable() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.fail(.timedOut)
        #expect(!bench.writer.isReadable)
    }

    @Test func givingUpLeavesWhatIsInFlightUnknown() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.fail()
        try bench.command("c2", ticket: 2)
        let reading = try #require(bench.reading).id
        #expect(
            bench.feed(.readFailed(reading, LogError(.truncated, "recreated"))) == [
                "recover", "1: unknown", "2: unavailable", "renew", "give up",
            ])
        #expect(bench.writer.queueDepth == 0)
    }

    @Test func aReadingThatFailsIsTriedAgain() throws {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.store(bench.entries[0].record)
        bench.land()
        let reading = try #require(bench.reading).id
        #expect(bench.feed(.readFailed(reading, LogError(.unavailable, ""))) == ["recover", "renew", "back off 1"])
        bench.feed(.backedOff)
        #expect(bench.readAll() == ["1 void", "1: committed v1 @2", "claim 2"])
    }
}
