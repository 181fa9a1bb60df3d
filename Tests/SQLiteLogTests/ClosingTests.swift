import EventLog
import EventModel
import Testing

@testable import SQLiteLog

@Suite struct ClosingTests {
    @Test(.timeLimit(.minutes(5))) func everythingIsRefusedAfterwards() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        _ = try await producer.append([1])
        let reader = try await log.makeReader(of: partition, from: .zero)
        await log.close()
        await log.close()
        await #expect(throws: LogError(.closed, "")) { _ = try await producer.append([2]) }
        await producer.close()
        await #expect(throws: LogError(.closed, "")) { _ = try await reader.next(maximumBytes: 1) }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.bounds(of: partition) }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.partitionCount(of: "ordering") }
        await #expect(throws: LogError(.closed, "")) { try await log.createTopic("payments", partitions: 1) }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.makeProducer() }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.makeReader(of: partition, from: .zero) }
        await #expect(throws: LogError(.closed, "")) { _ = try await log.join(group: "g", topic: "ordering") }
    }

    @Test(.timeLimit(.minutes(5))) func waitingReadsEnd() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        try await log.createTopic("ordering", partitions: 1)
        await withTaskGroup(of: LogError.Code?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    do {
                        _ = try await log.makeReader(of: partition, from: .zero).next(maximumBytes: 1)
                        return nil
                    } catch {
                        return (error as? LogError)?.code
                    }
                }
                if number == 15 {
                    group.addTask {
                        await log.close(); return .closed
                    }
                }
            }
            for await code in group { #expect(code == .closed) }
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatIsQueuedIsStoredAndReportedFirst() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        let reports = Reports()
        for number in 0..<1000 { producer.append(LogRecord(key: [], value: [UInt8(number % 256)]), to: partition, report: reports.add) }
        await log.close()
        #expect(reports.offsets == (0..<1000).map { Offset($0) })
        let again = try await SQLiteLog(path: folder.file())
        #expect(try await again.bounds(of: partition) == .zero..<Offset(1000))
        await again.close()
    }
}
