import EventLog
import EventModel
import Foundation
import GRDB
import Testing

@testable import SQLiteLog

/// Several logs on one file, in this process and in others.
@Suite struct SharedFileTests {
    /// So long that a test which needs the fallback hits its time limit.
    private var withoutFallback: SQLiteLog.Options {
        var options = SQLiteLog.Options()
        options.fallbackInterval = .seconds(86_400)
        return options
    }

    @Test(.timeLimit(.minutes(5))) func appendsInterleaveWithoutGaps() async throws {
        let folder = try TemporaryFolder()
        let logs = [try await SQLiteLog(path: folder.file()), try await SQLiteLog(path: folder.file())]
        try await logs[0].createTopic("ordering", partitions: 1)
        let offsets = try await withThrowingTaskGroup(of: Offset.self) { group in
            for log in logs {
                for appender in 0..<4 {
                    group.addTask {
                        let producer = try await log.makeProducer()
                        var last = Offset.zero
                        for _ in 0..<50 { last = try await producer.append([UInt8(appender)]) }
                        return last
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(offsets).count == 8)
        for log in logs {
            #expect(try await log.bounds(of: partition) == .zero..<Offset(400))
            #expect(try await log.read(partition, .zero..<Offset(400)).count == 400)
        }
        for log in logs { await log.close() }
    }

    @Test(.timeLimit(.minutes(5))) func aTopicMadeByTheOtherIsThere() async throws {
        let folder = try TemporaryFolder()
        let first = try await SQLiteLog(path: folder.file())
        let second = try await SQLiteLog(path: folder.file())
        #expect(try await first.partitionCount(of: "ordering") == nil)
        try await second.createTopic("ordering", partitions: 3)
        #expect(try await first.partitionCount(of: "ordering") == 3)
        await #expect(throws: LogError(.topicExists, "")) { try await first.createTopic("ordering", partitions: 3) }
        await first.close()
        await second.close()
    }

    /// Without the fallback's help: each append of one is noticed by all waiting readers of the other.
    @Test(.timeLimit(.minutes(5))) func theOthersAppendsWakeReaders() async throws {
        let folder = try TemporaryFolder()
        let first = try await SQLiteLog(path: folder.file(), options: withoutFallback)
        let second = try await SQLiteLog(path: folder.file(), options: withoutFallback)
        try await first.createTopic("ordering", partitions: 2)
        let producer = try await second.makeProducer()
        let readers = try await withThrowingTaskGroup(of: (any LogReader).self) { group in
            for number in 0..<40 {
                group.addTask { try await first.makeReader(of: TopicPartition("ordering", Partition(Int32(number % 2))), from: .zero) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for round in 0..<50 {
            try await withThrowingTaskGroup(of: Offset?.self) { group in
                for reader in readers { group.addTask { try await reader.next(maximumBytes: 1).entries.first?.offset } }
                for _ in 0..<(round % 7) { await Task.yield() }
                for number: Int32 in 0..<2 {
                    _ = try await producer.append([UInt8(round)], to: TopicPartition("ordering", Partition(number)))
                }
                for try await offset in group { #expect(offset == Offset(Int64(round))) }
            }
        }
        await second.close()
        await first.close()
    }

    @Test(.timeLimit(.minutes(5))) func readersWakeThroughASymbolicLink() async throws {
        let folder = try TemporaryFolder()
        let first = try await SQLiteLog(path: folder.file(), options: withoutFallback)
        try FileManager.default.createDirectory(atPath: folder.file("elsewhere"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder.file("elsewhere/link.sqlite"), withDestinationPath: folder.file())
        let second = try await SQLiteLog(path: folder.file("elsewhere/link.sqlite"), options: withoutFallback)
        try await first.createTopic("ordering", partitions: 1)
        let producer = try await first.makeProducer()
        let reader = try await second.makeReader(of: partition, from: .zero)
        for round in 0..<20 {
            async let batch = reader.next(maximumBytes: 1)
            for _ in 0..<(round % 7) { await Task.yield() }
            _ = try await producer.append([1])
            #expect(try await batch.entries.map(\.offset) == [Offset(Int64(round))])
        }
        await first.close()
        await second.close()
    }

    /// A commit that nobody announces, as by a process that dies right after it.
    @Test(.timeLimit(.minutes(5))) func theFallbackFindsWhatNobodyAnnounced() async throws {
        let folder = try TemporaryFolder()
        var options = SQLiteLog.Options()
        options.fallbackInterval = .milliseconds(5)
        let log = try await SQLiteLog(path: folder.file(), options: options)
        try await log.createTopic("ordering", partitions: 1)
        let reader = try await log.makeReader(of: partition, from: .zero)
        async let batch = reader.next(maximumBytes: 1)
        let other = try DatabaseQueue(path: folder.file())
        try await other.write { try $0.execute(sql: "INSERT INTO records VALUES (0, 0, x'', x'07')") }
        #expect(try await batch.entries.map { Array($0.value) } == [[7]])
        try other.close()
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aRecordThatVanishedIsNoticed() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        for value: UInt8 in 0..<5 { _ = try await producer.append([value]) }
        let reader = try await log.makeReader(of: partition, from: Offset(5))
        let other = try DatabaseQueue(path: folder.file())
        try await other.write { try $0.execute(sql: "DELETE FROM records WHERE id = 2") }
        await #expect(throws: LogError(.truncated, "")) { _ = try await log.read(partition, Offset(1)..<Offset(4)) }
        try await other.write { try $0.execute(sql: "DELETE FROM records WHERE id >= 2") }
        await #expect(throws: LogError(.truncated, "")) { _ = try await reader.next(maximumBytes: 1) }
        try other.close()
        await log.close()
    }
}
