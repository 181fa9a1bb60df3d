import EventLog
import EventModel
import Foundation
import GRDB
import Testing

@testable import SQLiteLog

/// The log's file is removed, moved, replaced or overwritten while it is open: what would not be found again is not acknowledged.
@Suite struct DisplacedFileTests {
    private func opened(_ folder: TemporaryFolder, fallback: Duration = .seconds(86_400)) async throws -> SQLiteLog {
        var options = SQLiteLog.Options()
        options.fallbackInterval = fallback
        let log = try await SQLiteLog(path: folder.file(), options: options)
        _ = try await log.ensureTopic("ordering", partitions: 1)
        return log
    }

    /// Every way to use the log says so.
    private func expectDisplaced(_ log: SQLiteLog, _ what: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let error = await #expect(throws: LogError(.displaced, ""), sourceLocation: sourceLocation) {
            _ = try await log.makeProducer().append([9])
        }
        #expect(error?.message.contains(what) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.isCertainlyNotStored == true && error?.isRetriable == true)
        await #expect(throws: LogError(.displaced, ""), sourceLocation: sourceLocation) { _ = try await log.bounds(of: partition) }
        await #expect(throws: LogError(.displaced, ""), sourceLocation: sourceLocation) {
            _ = try await log.read(partition, .zero..<Offset(1))
        }
        await #expect(throws: LogError(.displaced, ""), sourceLocation: sourceLocation) { try await log.createTopic("t", partitions: 1) }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [true, false]) func movedAwayAndBack(_ isWhole: Bool) async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder)
        #expect(try await log.makeProducer().append([1]) == .zero)
        let names = isWhole ? ["", "-wal", "-shm"] : [""]
        for name in names { rename(folder.file() + name, folder.file("away") + name) }
        try await expectDisplaced(log, "was removed or moved away")
        for name in names { rename(folder.file("away") + name, folder.file() + name) }
        #expect(try await log.bounds(of: partition).upperBound == Offset(1), "nothing was stored meanwhile")
        #expect(try await log.makeProducer().append([2]) == Offset(1))
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func removed() async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder)
        _ = try await log.makeProducer().append([1])
        for name in ["", "-wal", "-shm"] { unlink(folder.file() + name) }
        try await expectDisplaced(log, "was removed or moved away")
        await log.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    /// Another log is there now: nothing of this one's goes into it.
    @Test(.timeLimit(.minutes(5))) func replaced() async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder)
        for value: UInt8 in 0..<3 { _ = try await log.makeProducer().append([value]) }
        let elsewhere = try TemporaryFolder()
        for name in ["", "-wal", "-shm"] { rename(folder.file() + name, elsewhere.file() + name) }
        let other = try await opened(folder)
        _ = try await other.makeProducer().append([7])
        try await expectDisplaced(log, "was replaced by another file")
        await log.close()
        #expect(try await other.read(partition, .zero..<Offset(1)).map { Array($0.value) } == [[7]])
        #expect(try await other.bounds(of: partition).upperBound == Offset(1))
        await other.close()
        let kept = try await opened(elsewhere)
        #expect(try await kept.bounds(of: partition).upperBound == Offset(3))
        await kept.close()
    }

    /// What this process alone has open is saved into the file.
    @Test(.timeLimit(.minutes(5)), arguments: [["-wal"], ["-shm"], ["-wal", "-shm"]])
    func theWriteAheadLogIsRemoved(_ names: [String]) async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder)
        for value: UInt8 in 0..<20 { _ = try await log.makeProducer().append([value]) }
        for name in names { unlink(folder.file() + name) }
        try await expectDisplaced(log, "was removed or moved away")
        // Behind what saves it.
        await #expect(throws: LogError(.displaced, "")) { _ = try await log.makeProducer().append([9]) }
        // As it would be found if the process were killed now.
        let copy = try TemporaryFolder()
        for name in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: folder.file() + name) {
            try FileManager.default.copyItem(atPath: folder.file() + name, toPath: copy.file() + name)
        }
        let again = try await opened(copy)
        #expect(try await again.read(partition, .zero..<Offset(20)).map { Array($0.value) } == (0..<20).map { [$0] })
        #expect(try await again.bounds(of: partition).upperBound == Offset(20))
        await again.close()
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func anOlderCopyIsWrittenOverIt() async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder)
        let producer = try await log.makeProducer()
        for _ in 0..<100 { _ = try await producer.append([UInt8](repeating: 1, count: 1000)) }
        try await log.checkpoint()
        let copy = try Data(contentsOf: URL(filePath: folder.file()))
        for _ in 0..<100 { _ = try await producer.append([UInt8](repeating: 2, count: 1000)) }
        try await log.checkpoint()
        _ = try await producer.append([3])
        let descriptor = open(folder.file(), O_WRONLY | O_TRUNC)
        copy.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        await #expect(throws: LogError(.displaced, "")) { _ = try await log.makeProducer().append([9]) }
        try await expectDisplaced(log, "was overwritten in place")
        await log.close()
        #expect(try Data(contentsOf: URL(filePath: folder.file())) == copy, "closing writes nothing into it")
    }

    /// Between the transaction and its report: the outcome is not known, and is not told as success.
    @Test(.timeLimit(.minutes(5))) func whatIsLostOnTheWayToTheDiskIsUnknown() async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder)
        try await log.onCommit { unlink(folder.file()) }
        let error = await #expect(throws: LogError(.unavailable, "")) { _ = try await log.makeProducer().append([1]) }
        #expect(error?.isCertainlyNotStored == false)
        #expect(error?.message.contains("is not known") == true, "\(String(describing: error))")
        await log.close()
    }

    /// A reader that waits hears of it, also where no record comes.
    @Test(.timeLimit(.minutes(5))) func waitingReadersAreTold() async throws {
        let folder = try TemporaryFolder()
        let log = try await opened(folder, fallback: .milliseconds(5))
        _ = try await log.makeProducer().append([1])
        let reader = try await log.makeReader(of: partition, from: .zero)
        _ = try await reader.next(maximumBytes: 1)
        async let next = reader.next(maximumBytes: 1)
        rename(folder.file(), folder.file("away"))
        do {
            _ = try await next
            Issue.record("a record came out of a log that is gone")
        } catch let error as LogError {
            #expect(error.code == .displaced, "\(error)")
        }
        rename(folder.file("away"), folder.file())
        _ = try await log.makeProducer().append([2])
        #expect(try await reader.next(maximumBytes: 1).entries.map { Array($0.value) } == [[2]])
        await log.close()
    }
}
