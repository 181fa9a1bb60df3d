import EventLog
import EventModel
import Testing

@Suite struct ChainFoldTests {
    private let partition = TopicPartition("ordering", Partition(3))

    @Test func keepsTheValidAndCountsTheVoid() throws {
        var fold = ChainFold(partition, after: .beginning)
        let batch = try fold.admit(
            Samples.batch(
                [[1, 2, 3], Samples.claim(1).encoded, Samples.commit(1, 1).encoded, Samples.commit(1, 3).encoded], end: 9))
        #expect(batch.records.map(\.offset) == [Offset(1), Offset(2)])
        #expect(batch.records.map(\.record) == [Samples.claim(1), Samples.commit(1, 1)])
        #expect(batch.records.map(\.storedAt) == [Timestamp(microseconds: 1), Timestamp(microseconds: 2)])
        #expect(batch.records.map { $0.claim != nil } == [true, false])
        #expect(batch.records.map { $0.commit != nil } == [false, true])
        #expect(batch.voids == 2)
        #expect(batch.next == Offset(4))
        #expect(batch.end == Offset(9))
        #expect(batch.position == ChainPosition(offset: Offset(2), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(1))))
        #expect(fold.position == batch.position)
    }

    /// What a reading is not for is held against the rule all the same.
    @Test func selectsByKeyAndCountsTheRest() throws {
        let values = [
            Samples.claim(1), Samples.commit(1, 1), Samples.commit(1, 2), Samples.commit(1, 4), Samples.commit(1, 3), Samples.claim(1),
        ].map(\.encoded)
        let keys = ["", "order/1", "order/2", "order/1", "order/1", ""]
        let entries = zip(values, keys).enumerated().map { index, entry in
            LogEntry(
                offset: Offset(Int64(index)), storedAt: Timestamp(microseconds: 0), key: Array(entry.1.utf8)[...], value: entry.0[...])
        }
        for (selection, offsets) in [(ChainSelection.all, [0, 1, 2, 4]), (.key(Array("order/1".utf8)[...]), [1, 4]), (.none, [])] {
            var fold = ChainFold(partition, after: .beginning, selecting: selection)
            let batch = try fold.admit(LogBatch(entries: entries, end: Offset(6)))
            #expect(batch.records.map(\.offset.rawValue) == offsets.map { Int64($0) })
            #expect(batch.claims == 1 && batch.commits == 3 && batch.voids == 2)
            #expect(batch.position == ChainPosition(offset: Offset(4), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(3))))
        }
    }

    @Test func voidsAloneDoNotMoveThePosition() throws {
        var fold = ChainFold(partition, after: .beginning)
        let batch = try fold.admit(Samples.batch([[], [0]]))
        #expect(batch.records.isEmpty && batch.voids == 2 && batch.next == Offset(2))
        #expect(fold.position == .beginning)
    }

    @Test func resumesBehindTheRecordItStoppedAfter() throws {
        let position = ChainPosition(offset: Offset(5), chain: ChainRule(epoch: Epoch(2), sequence: CommitSequence(4)))
        var fold = ChainFold(partition, after: position)
        let first = try fold.admit(Samples.batch([Samples.commit(2, 4).encoded], from: 5))
        #expect(first.records.isEmpty && first.voids == 0 && first.next == Offset(6))
        let second = try fold.admit(Samples.batch([Samples.commit(2, 5).encoded], from: 6))
        #expect(second.records.map(\.offset) == [Offset(6)])
    }

    @Test func resumesBehindAClaim() throws {
        var fold = ChainFold(partition, after: ChainPosition(offset: Offset(5), chain: ChainRule(epoch: Epoch(2))))
        let batch = try fold.admit(Samples.batch([Samples.claim(2).encoded, Samples.commit(2, 1).encoded], from: 5))
        #expect(batch.records.map(\.offset) == [Offset(6)])
    }

    @Test(arguments: [
        Samples.commit(2, 3).encoded, Samples.commit(2, 5).encoded, Samples.commit(3, 4).encoded, Samples.claim(2).encoded, [], [7],
    ])
    func noticesAnotherRecordWhereItStopped(_ value: [UInt8]) throws {
        let position = ChainPosition(offset: Offset(5), chain: ChainRule(epoch: Epoch(2), sequence: CommitSequence(4)))
        var fold = ChainFold(partition, after: position)
        let error = try #require(throws: LogError.self) { try fold.admit(Samples.batch([value], from: 5)) }
        #expect(error.code == .truncated)
        #expect(error.message.contains("ordering/3@5"))
        #expect(fold.position == position)
    }

    @Test func aValidRecordThatCannotBeReadStopsTheFoldForGood() throws {
        var fold = ChainFold(partition, after: .beginning)
        // A good header, and behind it a stream id that is not UTF-8.
        let damaged: [UInt8] = [0x12, 7, 0x08, 1, 0x10, 1, 0x1A, 1, 0xFF]
        let error = try #require(throws: LogError.self) {
            try fold.admit(Samples.batch([Samples.claim(1).encoded, damaged, Samples.commit(1, 2).encoded]))
        }
        #expect(error.code == .corrupt)
        #expect(error.message.contains("ordering/3@1"))
        #expect(fold.position == .beginning)
        let again = try #require(throws: LogError.self) { try fold.admit(Samples.batch([Samples.commit(1, 3).encoded], from: 3)) }
        #expect(again.code == .corrupt)
    }

    @Test func aVoidRecordNeedsNoReading() throws {
        var fold = ChainFold(partition, after: .beginning)
        let damaged: [UInt8] = [0x12, 7, 0x08, 9, 0x10, 1, 0x1A, 1, 0xFF]
        #expect(try fold.admit(Samples.batch([Samples.claim(1).encoded, damaged])).voids == 1)
    }
}
