import EventLog
import EventModel
import GRDB
import Testing

@testable import SQLiteLog

@Suite struct GroupCommitTests {
    /// Runs `body` while another connection holds the file's write lock.
    private func whileLocked(_ path: String, _ body: () async throws -> Void) async throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        try await body()
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try other.close()
    }

    @Test(.timeLimit(.minutes(5))) func whatWaitsSharesATransaction() async throws {
        let folder = try TemporaryFolder()
        // The clock is read once a transaction, so the times tell the transactions.
        let log = try await SQLiteLog(path: folder.file(), now: CountingClock().now)
        try await log.createTopic("ordering", partitions: 4)
        let producers = [try await log.makeProducer(), try await log.makeProducer()]
        let reports = Reports()
        try await whileLocked(folder.file()) {
            for number in 0..<1000 {
                producers[number % 2].append(
                    LogRecord(key: [], value: [1]), to: TopicPartition("ordering", Partition(Int32(number % 4))), report: reports.add)
            }
        }
        for producer in producers { await producer.close() }
        #expect(reports.offsets == (0..<1000).map { Offset($0 / 4) })
        var times: Set<Timestamp> = []
        for partition in Partition.all(of: 4) {
            times.formUnion(try await log.read(TopicPartition("ordering", partition), .zero..<Offset(250)).map(\.storedAt))
        }
        // Those that came before the loop began, and all the others.
        #expect(times.count <= 2)
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func theQueueIsBounded() async throws {
        let folder = try TemporaryFolder()
        var options = SQLiteLog.Options()
        options.maximumQueuedBytes = 10_000
        let log = try await SQLiteLog(path: folder.file(), options: options)
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reports = Reports()
        let value = [UInt8](repeating: 1, count: 1000)
        try await whileLocked(folder.file()) {
            for _ in 0..<50 { producer.append(LogRecord(key: [], value: value[...]), to: partition, report: reports.add) }
        }
        await producer.close()
        #expect(reports.failures.allSatisfy { $0.code == .unavailable && $0.isRetriable })
        // One transaction's worth may have been taken before the lock was met.
        #expect((10...20).contains(reports.offsets.count))
        #expect(try await log.bounds(of: partition).upperBound == Offset(Int64(reports.offsets.count)))
        #expect(reports.all.count == 50)
        await log.close()
    }

    @Test func aRecordTooLargeIsRefusedAloneAndInItsTurn() async throws {
        let folder = try TemporaryFolder()
        var options = SQLiteLog.Options()
        options.maximumRecordBytes = 100
        let log = try await SQLiteLog(path: folder.file(), options: options)
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reports = Reports()
        for size in [99, 100, 10] {
            producer.append(LogRecord(key: [1], value: [UInt8](repeating: 1, count: size)[...]), to: partition, report: reports.add)
        }
        await producer.close()
        #expect(reports.all.map { (try? $0.get())?.rawValue } == [0, nil, 1])
        #expect(reports.failures.map(\.code) == [.recordTooLarge])
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aLockHeldTooLongIsSaid() async throws {
        let folder = try TemporaryFolder()
        var options = SQLiteLog.Options()
        options.busyTimeout = .milliseconds(1)
        let log = try await SQLiteLog(path: folder.file(), options: options)
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        try await whileLocked(folder.file()) {
            await #expect(throws: LogError(.timedOut, "")) { _ = try await producer.append([1]) }
        }
        await #expect(throws: LogError(.timedOut, "")) { _ = try await producer.append([2]) }
        #expect(try await log.makeProducer().append([3]) == .zero)
        await log.close()
    }
}
