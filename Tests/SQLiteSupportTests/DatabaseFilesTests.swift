import Foundation
import GRDB
import SQLiteSupport
import Testing

@Suite struct DatabaseFilesTests {
    @Test(arguments: ["", "-wal", "-shm"]) func aFileThatIsGoneAndComesBack(_ suffix: String) throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        #expect(try database.displacement == nil)
        rename(database.path + suffix, folder.file("elsewhere"))
        #expect(try database.displacement == Displacement(.missing, database.path + suffix))
        #expect(database.files.displacement() == Displacement(.missing, database.path + suffix))
        rename(folder.file("elsewhere"), database.path + suffix)
        #expect(try database.displacement == nil)
    }

    @Test func aFolderThatIsMoved() throws {
        let folder = try TemporaryFolder()
        mkdir(folder.file("data"), 0o755)
        let database = try Watched(folder.file("data/a.sqlite"))
        rename(folder.file("data"), folder.file("old"))
        #expect(try database.displacement?.kind == .missing)
        mkdir(folder.file("data"), 0o755)
        _ = try Watched(folder.file("data/a.sqlite"))
        #expect(try database.displacement == Displacement(.replaced, database.path))
    }

    @Test func aLinkThatIsPointedElsewhere() throws {
        let folder = try TemporaryFolder()
        _ = try Watched(folder.file("b.sqlite"))
        symlink(folder.file("a.sqlite"), folder.file("link"))
        let database = try Watched(folder.file("link"))
        #expect(try database.displacement == nil)
        unlink(folder.file("link"))
        symlink(folder.file("b.sqlite"), folder.file("link"))
        #expect(try database.displacement == Displacement(.replaced, folder.file("link")))
    }

    /// A pool opens connections by the path whenever it needs them.
    @Test func aConnectionToAnotherFileIsKeptOut() throws {
        let folder = try TemporaryFolder()
        let other = try Watched(folder.file("b.sqlite"))
        try other.insert(400)
        try other.checkpoint()
        let database = try Watched(folder.file("a.sqlite"))
        rename(folder.file("a.sqlite"), folder.file("elsewhere"))
        rename(folder.file("b.sqlite"), folder.file("a.sqlite"))
        #expect(throws: Displacement(.replaced, database.path)) { try database.pool.read { _ in } }
        rename(folder.file("a.sqlite"), folder.file("b.sqlite"))
        rename(folder.file("elsewhere"), folder.file("a.sqlite"))
        #expect(try database.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM numbers") } == 100)
    }

    @Test func whatSQLiteWritesIsNoDisplacement() throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        let other = try DatabaseQueue(path: database.path)
        for round in 0..<20 {
            try database.insert(50)
            #expect(try database.displacement == nil && database.displacementSeenByReader == nil)
            switch round % 4 {
            case 0: try database.checkpoint()
            case 1: try other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)") }
            case 2: try other.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM numbers WHERE id % 3 = 0; VACUUM") }
            default: try other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(RESTART)") }
            }
            #expect(try database.displacement == nil && database.displacementSeenByReader == nil)
        }
    }

    /// Both look while the other writes and copies its log into the file.
    @Test(.timeLimit(.minutes(5))) func looksBesideCheckpointsAreNoDisplacement() async throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<1000 {
                        let found = try await database.pool.read { database.files.displacement(on: $0) }
                        #expect(found == nil)
                    }
                }
            }
            group.addTask {
                for round in 0..<60 {
                    try await database.pool.writeWithoutTransaction { db in
                        try db.execute(sql: "INSERT INTO numbers (text) SELECT text FROM numbers LIMIT 50")
                        if round % 3 == 0 { try db.execute(sql: "PRAGMA wal_checkpoint(RESTART)") }
                        #expect(database.files.displacement(on: db) == nil)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aTouchIsNoDisplacement() throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        utimensat(AT_FDCWD, database.path, [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)], 0)
        utimensat(AT_FDCWD, database.path + "-wal", nil, 0)
        #expect(try database.displacement == nil)
    }

    @Test(arguments: [0, 50, 8192]) func aFileCutShortInPlace(_ size: Int) throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        try database.checkpoint()
        #expect(try database.displacement == nil)
        truncate(database.path, off_t(size))
        #expect(try database.displacement == Displacement(.overwritten, database.path))
        #expect(!database.files.mayBeClosed)
    }

    /// `cp backup log` writes into the file that is there.
    @Test func anOlderCopyInPlace() throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        try database.checkpoint()
        let copy = try Data(contentsOf: URL(filePath: database.path))
        try database.insert(100)
        try database.checkpoint()
        #expect(try database.displacement == nil)
        try overwrite(database.path, with: copy)
        #expect(try database.displacementSeenByReader == Displacement(.overwritten, database.path))
        // For good: nothing that happens later makes the mixture whole again.
        #expect(database.files.displacement()?.kind == .overwritten)
    }

    /// Another process has copied the write-ahead log into the file just before, and no look came between.
    @Test func anOlderCopyInPlaceBehindACheckpoint() throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        try database.checkpoint()
        let copy = try Data(contentsOf: URL(filePath: database.path))
        #expect(try database.displacement == nil)
        try database.insert(100)
        try database.checkpoint()
        try overwrite(database.path, with: copy)
        #expect(try database.displacement == Displacement(.overwritten, database.path))
    }

    @Test func anotherDatabaseInPlace() throws {
        let folder = try TemporaryFolder()
        let other = try Watched(folder.file("b.sqlite"), signature: 78)
        try other.insert(1000)
        try other.checkpoint()
        let database = try Watched(folder.file("a.sqlite"))
        try database.checkpoint()
        #expect(try database.displacement == nil)
        // A checkpoint in between excuses what another program has written, but not this.
        try database.insert(1)
        try database.checkpoint()
        try overwrite(database.path, with: try Data(contentsOf: URL(filePath: other.path)))
        #expect(try database.displacement == Displacement(.overwritten, database.path))
    }

    @Test func aWriteAheadLogCutShortInPlace() throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        truncate(database.path + "-wal", 4152)
        #expect(try database.displacement == Displacement(.overwritten, database.path + "-wal"))
    }

    @Test func anOlderWriteAheadLogInPlace() throws {
        let folder = try TemporaryFolder()
        let database = try Watched(folder.file("a.sqlite"))
        let copy = try Data(contentsOf: URL(filePath: database.path + "-wal"))
        try database.insert(10)
        try overwrite(database.path + "-wal", with: copy)
        #expect(try database.displacement == Displacement(.overwritten, database.path + "-wal"))
    }
}
