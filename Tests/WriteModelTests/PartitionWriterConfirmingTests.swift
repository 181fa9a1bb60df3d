import EventLog
import EventModel
import Testing
import WriteModel

/// How answers that append nothing are made as true as commits.
@Suite struct PartitionWriterConfirmingTests {
    /// A writer with one commit on its stream.
    private func committed() throws -> WriterBench {
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.land()
        return bench
    }

    @Test func anAnswerWaitsForTheLogsEnd() throws {
        var bench = try committed()
        #expect(try bench.command("c2", .addBelow(1), ticket: 2) == ["confirm"])
        #expect(bench.confirm() == ["2: full v1"])
        #expect(bench.writer.queueDepth == 0)
    }

    @Test func aDeposedWriterGivesNoStaleAnswer() throws {
        var bench = try committed()
        bench.storeClaim(by: "b")
        try bench.command("c2", .addBelow(1), ticket: 2)
        try bench.command("c3", .nothing, ticket: 3)
        try bench.command("c4", expected: .noStream, ticket: 4)
        #expect(bench.confirm() == ["read through 2"])
        #expect(bench.readAll() == ["2: not owner", "3: not owner", "4: not owner", "renew", "deposed by b"])
    }

    /// What stands in the log for ever needs no confirmation.
    @Test func replaysAreTrueForEver() throws {
        var bench = try committed()
        bench.storeClaim(by: "b")
        #expect(try bench.command("c1", ticket: 2) == ["2: replay @1"])
        #expect(try bench.command("c1", .add(2), ticket: 3) == ["3: reused"])
    }

    @Test func oneLookServesAllThatWaitForIt() throws {
        var bench = try committed()
        #expect(try bench.command("c2", .nothing, ticket: 2) == ["confirm"])
        // The look under way may have been taken before these were decided.
        #expect(try bench.command("c3", .nothing, ticket: 3) == [])
        #expect(try bench.command("c4", .nothing, ticket: 4) == [])
        #expect(bench.confirm() == ["2: unchanged v1 @1", "confirm"])
        #expect(bench.confirm() == ["3: unchanged v1 @1", "4: unchanged v1 @1"])
        #expect(bench.confirm() == ["no question"])
    }

    @Test func aLookThatBeganBeforeTheDecisionProvesNothing() throws {
        var bench = try committed()
        try bench.command("c2", .nothing, ticket: 2)
        let taken = bench.takeConfirmation()
        let first = try #require(taken)
        let end = Offset(Int64(bench.entries.count))
        bench.storeClaim(by: "b")
        try bench.command("c3", .nothing, ticket: 3)
        #expect(bench.feed(.confirmed(first, end: end)) == ["2: unchanged v1 @1", "confirm"])
        #expect(bench.confirm() == ["read through 2"])
        #expect(bench.readAll() == ["3: not owner", "renew", "deposed by b"])
    }

    @Test func itsOwnCommitsBeforeTheEndAreAwaited() throws {
        var bench = try committed()
        try bench.command("c2", ticket: 2)
        let sent = try #require(bench.wire.first)
        bench.land(reported: false)
        #expect(try bench.command("c3", .nothing, ticket: 3) == ["confirm"])
        #expect(bench.confirm() == [])
        #expect(bench.feed(.reported(sent.id, .success(Offset(2)))) == ["2: committed v2 @2", "3: unchanged v2 @2"])
    }

    @Test func aForeignClaimBehindCommitsInFlightIsFoundByTheirReports() throws {
        var bench = try committed()
        try bench.command("c2", ticket: 2)
        let sent = try #require(bench.wire.first)
        bench.land(reported: false)
        bench.storeClaim(by: "b")
        try bench.command("c3", .nothing, ticket: 3)
        #expect(bench.confirm() == [])
        #expect(bench.feed(.reported(sent.id, .success(Offset(2)))) == ["2: committed v2 @2", "read through 3"])
        #expect(bench.readAll() == ["3: not owner", "renew", "deposed by b"])
    }

    @Test func voidRecordsAreReadAndPassed() throws {
        var bench = try committed()
        bench.store(bench.entries[1].record)  // a repetition
        try bench.command("c2", .nothing, ticket: 2)
        #expect(bench.confirm() == ["read through 2"])
        #expect(try bench.command("c3", ticket: 3) == [])
        #expect(bench.readAll() == ["1 void", "append c3 1.2 v2", "2: unchanged v1 @1"])
    }

    @Test func aLaterCommitConfirmsAsWell() throws {
        var bench = try committed()
        try bench.command("c2", .nothing, ticket: 2)
        try bench.command("c3", ticket: 3)
        #expect(bench.land() == ["2: unchanged v1 @1", "3: committed v2 @2"])
        #expect(bench.confirm() == [])
    }

    @Test func aLookThatFailsRefusesWhatWaitsForItAndNothingElse() throws {
        var bench = try committed()
        try bench.command("c2", ticket: 2)
        try bench.command("c3", .nothing, ticket: 3)
        let taken = bench.takeConfirmation()
        let first = try #require(taken)
        try bench.command("c4", .nothing, ticket: 4)
        #expect(bench.feed(.confirmFailed(first, LogError(.timedOut, "slow"))) == ["3: unavailable", "confirm"])
        #expect(bench.land() == ["2: committed v2 @2"])
        #expect(bench.confirm() == ["4: unchanged v2 @2"])
        #expect(bench.writer.queueDepth == 0)
    }

    @Test func whatWasLookedUpBeforeARecoveryProvesNothingAfterwards() throws {
        var bench = try committed()
        try bench.command("c2", ticket: 2)
        try bench.command("c3", .nothing, ticket: 3)
        let taken = bench.takeConfirmation()
        let before = try #require(taken)
        bench.fail()
        #expect(bench.feed(.confirmed(before, end: Offset(2))) == [])
        bench.readAll()
        bench.land()
        #expect(bench.readAll() == ["own 2", "append c2 2.1 v2", "confirm"])
        #expect(bench.feed(.confirmed(before, end: Offset(2))) == [])
        #expect(bench.land() == ["2: committed v2 @3"])
        #expect(bench.confirm() == ["3: unchanged v2 @3"])
    }

    @Test func commitsAskForNothing() throws {
        var bench = try committed()
        for number in UInt64(2)...100 {
            #expect(try bench.command("c\(number)", ticket: number) == ["append c\(number) 1.\(number) v\(number)"])
            #expect(bench.land() == ["\(number): committed v\(number) @\(number)"])
        }
    }

    @Test func anIdleOwnerNoticesItsDeposition() throws {
        var bench = try committed()
        #expect(bench.feed(.check) == ["confirm"])
        #expect(bench.feed(.check) == [])
        #expect(bench.confirm() == [])
        bench.storeClaim(by: "b")
        #expect(bench.feed(.check) == ["confirm"])
        #expect(bench.confirm() == ["read through 2"])
        #expect(bench.readAll() == ["renew", "deposed by b"])
        #expect(bench.feed(.check) == [])
    }

    @Test func aBusyOwnerLearnsItFromItsCommits() throws {
        var bench = try committed()
        try bench.command("c2", ticket: 2)
        #expect(bench.feed(.check) == [])
    }

    /// An older claim of its own that lands late, with a higher epoch since the clock ran backwards.
    @Test func itsOwnLateClaimMakesItClaimAgain() throws {
        var bench = try committed()
        bench.store(.claim(Claim(epoch: Epoch(2), writer: "a", at: Timestamp(microseconds: 0), partitions: 1)))
        bench.feed(.check)
        #expect(bench.confirm() == ["read through 2"])
        #expect(bench.readAll() == ["recover", "renew", "read to the end"])
        #expect(bench.readAll() == ["claim 3"])
    }
}
