import EventLog
import EventModel
import Testing

@testable import WriteModel

/// How the state store follows, and what stays in memory.
@Suite struct PartitionWriterSavingTests {
    private func owning(commitsPerSave: Int = 100, streams: Int = 100) throws -> WriterBench {
        var limits = PartitionWriter.Limits()
        limits.commitsPerSave = commitsPerSave
        limits.streams = streams
        return WriterBench.owning(limits: limits)
    }

    @Test func savesWhatIsAcknowledgedAndNothingInFlight() throws {
        var bench = try owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        try bench.command("c2", ticket: 2)
        #expect(bench.feed(.tick) == [])
        bench.land()
        #expect(bench.feed(.tick) == ["save @1"])
        let batch = try #require(bench.saves.first).encoded()
        #expect(batch.position == bench.position(1))
        #expect(batch.streams.map(\.version) == [StreamVersion(1)])
        #expect(batch.streams.map(\.state) == [[1]])
        #expect(batch.streams.flatMap(\.commits).map(\.commandID.description) == ["c1"])
        #expect(!bench.writer.isSaved)
        #expect(bench.feed(.tick) == [])  // one at a time
        bench.land()
        #expect(bench.feed(.saved(bench.position(1))) == [])
        #expect(bench.writer.unsavedCommits(of: StreamID(trusted: "counter/s")).map(\.offset) == [Offset(2)])
        #expect(bench.feed(.tick) == ["save @2"])
        let second = try #require(bench.saves.dropFirst(1).first).encoded()
        #expect(second.streams.flatMap(\.commits).map(\.commandID.description) == ["c2"])
        bench.feed(.saved(bench.position(2)))
        #expect(bench.writer.isSaved)
    }

    @Test func savesWhenEnoughHasPiledUp() throws {
        var bench = try owning(commitsPerSave: 2)
        try bench.command("c1", ticket: 1)
        try bench.command("c2", ticket: 2)
        bench.load()
        #expect(bench.land() == ["1: committed v1 @1"])
        #expect(bench.land() == ["2: committed v2 @2", "save @2"])
    }

    /// Otherwise a store that cannot be written would be asked again at once, for ever.
    @Test func aFailedSaveIsTriedAgainAtTheNextTick() throws {
        var bench = try owning(commitsPerSave: 1)
        try bench.command("c1", ticket: 1)
        bench.load()
        #expect(bench.land() == ["1: committed v1 @1", "save @1"])
        #expect(bench.feed(.saveFailed(bench.position(1))) == [])
        #expect(try bench.command("c2", ticket: 2) == ["append c2 1.2 v2"])
        #expect(bench.land() == ["2: committed v2 @2"])
        #expect(bench.feed(.tick) == ["save @2"])
        let second = try #require(bench.saves.dropFirst(1).first).encoded()
        #expect(second.streams.flatMap(\.commits).map(\.commandID.description) == ["c1", "c2"])
    }

    @Test func whatASaveOfAnEarlierAssignmentReportsIsIgnored() throws {
        var bench = try owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        bench.land()
        bench.feed(.tick)
        try bench.command("c2", ticket: 2)
        bench.storeClaim(by: "b")
        bench.land()
        bench.readAll()
        bench.feed(.assigned(from: bench.position(1)))
        bench.readAll()
        bench.land()
        #expect(bench.readAll().last == "own 3")
        try bench.command("c3", ticket: 3)
        bench.load(StoredStream(version: StreamVersion(1), state: [1], recent: [], isRecentComplete: true))
        bench.land()
        #expect(bench.feed(.tick) == ["save @5"])
        #expect(bench.feed(.saveFailed(bench.position(1))) == [])
        #expect(bench.feed(.saved(bench.position(1))) == [])
        #expect(!bench.writer.isSaved)
        #expect(bench.feed(.tick) == [])
        bench.feed(.saved(bench.position(5)))
        #expect(bench.writer.isSaved)
    }

    @Test func dropsTheLeastRecentlyUsedStreamThatIsSavedAndLoadsItAgain() throws {
        var bench = try owning(streams: 2)
        for (ticket, stream) in [(UInt64(1), "s"), (2, "t")] {
            try bench.command("c\(ticket)", on: stream, ticket: ticket)
            bench.load()
            bench.land()
        }
        bench.feed(.tick)
        bench.feed(.saved(bench.position(2)))
        try bench.command("c3", .nothing, on: "s", ticket: 3)
        #expect(bench.confirm() == ["3: unchanged v1 @2"])
        try bench.command("c4", .nothing, on: "u", ticket: 4)
        bench.load()
        #expect(bench.confirm() == ["4: unchanged v0 @2"])
        #expect(try bench.command("c5", .nothing, on: "s", ticket: 5) == ["confirm"])
        #expect(bench.confirm() == ["5: unchanged v1 @2"])
        #expect(try bench.command("c6", .nothing, on: "t", ticket: 6) == ["load t"])
    }

    @Test func keepsStreamsThatAreNotSavedBeyondTheLimit() throws {
        var bench = try owning(streams: 1)
        for (ticket, stream) in [(UInt64(1), "s"), (2, "t"), (3, "u")] {
            try bench.command("c\(ticket)", on: stream, ticket: ticket)
            bench.load()
        }
        #expect(try bench.command("c4", on: "s", ticket: 4) == ["append c4 1.4 v2"])
        #expect(try bench.command("c5", on: "t", ticket: 5) == ["append c5 1.5 v2"])
    }

    /// Within the limit again as soon as they are saved.
    @Test func dropsWhatWasTooMuchOnceItIsSaved() throws {
        var bench = try owning(streams: 1)
        for (ticket, stream) in [(UInt64(1), "s"), (2, "t"), (3, "u")] {
            try bench.command("c\(ticket)", on: stream, ticket: ticket)
            bench.load()
            bench.land()
        }
        bench.feed(.tick)
        bench.feed(.saved(bench.position(3)))
        #expect(bench.writer.streams.count == 1)
    }
}
