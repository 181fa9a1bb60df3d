import EventLog
import EventModel
import Testing

@testable import SQLiteLog

@Suite struct RecordTailTests {
    private let key = PartitionKey(number: 3)

    private func entries(_ offsets: Range<Int64>, bytes: Int = 1) -> [LogEntry] {
        offsets.map {
            LogEntry(
                offset: Offset($0), storedAt: Timestamp(microseconds: $0), key: [],
                value: Bytes(repeating: UInt8(truncatingIfNeeded: $0), count: bytes))
        }
    }

    private func offsets(_ batch: LogBatch?) -> [Int64]? { batch?.entries.map(\.offset.rawValue) }

    @Test func nothingIsKeptThatNobodyFollows() {
        let tail = RecordTail()
        tail.add([key: entries(0..<3)])
        #expect(tail.batch(of: key, from: .zero, maximumBytes: 100) == nil)
        tail.follow(key)
        tail.follow(key)
        tail.add([key: entries(3..<5)])
        tail.unfollow(key)
        #expect(offsets(tail.batch(of: key, from: Offset(3), maximumBytes: 100)) == [3, 4])
        tail.unfollow(key)
        #expect(tail.batch(of: key, from: Offset(3), maximumBytes: 100) == nil)
        #expect(tail.followed.isEmpty)
    }

    @Test func aBatchIsWhatFitsAndAtLeastOne() {
        let tail = RecordTail()
        tail.follow(key)
        tail.add([key: entries(7..<9, bytes: 10)])
        tail.add([key: entries(9..<12, bytes: 10)])
        #expect(offsets(tail.batch(of: key, from: Offset(8), maximumBytes: 25)) == [8, 9])
        #expect(offsets(tail.batch(of: key, from: Offset(8), maximumBytes: 0)) == [8])
        #expect(tail.batch(of: key, from: Offset(8), maximumBytes: 0)?.end == Offset(12))
        #expect(tail.batch(of: key, from: Offset(6), maximumBytes: 100) == nil)
        #expect(tail.batch(of: key, from: Offset(12), maximumBytes: 100) == nil)
    }

    /// What another process has appended in between is in the file only.
    @Test func aGapBeginsAnew() {
        let tail = RecordTail()
        tail.follow(key)
        tail.add([key: entries(0..<3)])
        tail.add([key: entries(4..<6)])
        #expect(tail.batch(of: key, from: Offset(2), maximumBytes: 100) == nil)
        #expect(tail.batch(of: key, from: Offset(3), maximumBytes: 100) == nil)
        #expect(offsets(tail.batch(of: key, from: Offset(4), maximumBytes: 100)) == [4, 5])
    }

    @Test func theOldestGoWhereThereIsNoRoom() {
        let tail = RecordTail(maximumBytes: 100)
        tail.follow(key)
        for offset: Int64 in 0..<100 { tail.add([key: entries(offset..<offset + 1, bytes: 10)]) }
        #expect(tail.batch(of: key, from: Offset(79), maximumBytes: 1) == nil)
        #expect(offsets(tail.batch(of: key, from: Offset(95), maximumBytes: 1000)) == [95, 96, 97, 98, 99])
    }

    /// Two logs of one file take turns: a follower of one takes its own log's records from memory and the other's from the file, each once.
    @Test(.timeLimit(.minutes(5))) func aFollowerMissesNothingThatAnotherAppends() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        let other = try await SQLiteLog(path: folder.file())
        try await log.createTopic("ordering", partitions: 1)
        let partition = TopicPartition("ordering", Partition(0))
        let reader = try await log.makeReader(of: partition, from: .zero)
        let (own, foreign) = (try await log.makeProducer(), try await other.makeProducer())
        async let read: [UInt8] = {
            var values: [UInt8] = []
            while values.count < 200 { values += try await reader.next(maximumBytes: 3).entries.flatMap(\.value) }
            return values
        }()
        for value: UInt8 in 0..<200 { _ = try await (value / 3 % 2 == 0 ? own : foreign).append([value]) }
        #expect(try await read == Array(0..<200))
        await other.close()
        await log.close()
    }
}
