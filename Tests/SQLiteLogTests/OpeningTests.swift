import EventLog
import EventModel
import Foundation
import GRDB
import Testing

@testable import SQLiteLog

@Suite struct OpeningTests {
    private func openingError(_ path: String) async throws -> LogError {
        let error = try #require(await #expect(throws: LogError.self) { _ = try await SQLiteLog(path: path) })
        #expect(error.message.contains(path))
        return error
    }

    @Test func makesFolderAndFile() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file("a/b/log.sqlite"))
        try await log.createTopic("ordering", partitions: 1)
        await log.close()
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b/log.sqlite")))
    }

    @Test func syncsEachCommit() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        #expect(try await log.synchronousMode() == 2)
        await log.close()
    }

    @Test func aFolderThatCannotBeMade() async throws {
        let folder = try TemporaryFolder()
        try Data("a file".utf8).write(to: URL(fileURLWithPath: folder.file("file")))
        #expect(try await openingError(folder.file("file/sub/log.sqlite")).code == .storage)
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
    func aFolderThatCannotBeWritten() async throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o500)
        defer { chmod(folder.path, 0o700) }
        #expect(try await openingError(folder.file()).code == .storage)
    }

    @Test func aFolderInPlaceOfTheFile() async throws {
        let folder = try TemporaryFolder()
        #expect(try await openingError(folder.path).code == .storage)
    }

    @Test(arguments: [10, 100_000])
    func aFileThatIsNoDatabaseIsLeftAlone(_ size: Int) async throws {
        let folder = try TemporaryFolder()
        let content = Data((0..<size).map { UInt8($0 % 251) })
        try content.write(to: URL(fileURLWithPath: folder.file()))
        let error = try await openingError(folder.file())
        #expect(error.code == .misconfigured)
        #expect(!error.isRetriable)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file())) == content)
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() async throws {
        let folder = try TemporaryFolder()
        let database = try DatabaseQueue(path: folder.file())
        try await database.write { try $0.execute(sql: "CREATE TABLE customers (id INTEGER PRIMARY KEY)") }
        try database.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
        #expect(try await openingError(folder.file()).code == .misconfigured)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file())) == before)
    }

    @Test func aNewerLayoutIsRefused() async throws {
        let folder = try TemporaryFolder()
        await (try SQLiteLog(path: folder.file())).close()
        let database = try DatabaseQueue(path: folder.file())
        try await database.write { try $0.execute(sql: "PRAGMA user_version = 2") }
        try database.close()
        let error = try await openingError(folder.file())
        #expect(error.code == .misconfigured)
        #expect(error.message.contains("layout 2"))
    }

    @Test(.timeLimit(.minutes(5))) func manyOpenANewFileAtOnce() async throws {
        for _ in 0..<20 {
            let folder = try TemporaryFolder()
            let offsets = try await withThrowingTaskGroup(of: Offset.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let log = try await SQLiteLog(path: folder.file())
                        _ = try await log.ensureTopic("ordering", partitions: 1)
                        let offset = try await log.makeProducer().append([1])
                        await log.close()
                        return offset
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(offsets.sorted() == (0..<6).map { Offset($0) })
        }
    }

    @Test func recordsBearTheClocksTime() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file(), now: { Timestamp(microseconds: 1_234_567) })
        try await log.createTopic("ordering", partitions: 1)
        _ = try await log.makeProducer().append([1])
        #expect(try await log.read(partition, .zero..<Offset(1)).map(\.storedAt) == [Timestamp(microseconds: 1_234_567)])
        await log.close()
    }

    @Test func moreThanAFileHoldsIsRefused() async throws {
        let folder = try TemporaryFolder()
        let log = try await SQLiteLog(path: folder.file())
        await #expect(throws: LogError(.misconfigured, "")) { try await log.createTopic("ordering", partitions: 1 << 24) }
        await #expect(throws: LogError(.misconfigured, "")) { try await log.createTopic("ordering", partitions: .max) }
        try await log.createTopic("ordering", partitions: 1)
        await log.close()
    }
}
