import Foundation
import GRDB
import SQLiteSupport
import Testing

/// SQLite says "disk I/O error" and "unable to open database file"; what is the matter is found out.
@Suite(.serialized) struct StorageFaultTests {
    private func fault(opening path: String) throws -> StorageFault? {
        let error = #expect(throws: DatabaseError.self) { try DatabasePool(path: path).write { try $0.execute(sql: "CREATE TABLE t (a)") } }
        return try StorageFault(#require(error), path: path)
    }

    /// With some room, the index of the write-ahead log does not fit: "disk I/O error".
    @Test(.enabled(if: TemporaryDisk.isPossible, "mounting is not allowed here"), arguments: [0, 4, 16, 32])
    func aDiskThatIsFull(leaving kilobytes: Int) throws {
        let disk = try TemporaryDisk(kilobytes: 256)
        try disk.fill(leaving: kilobytes)
        #expect(try fault(opening: disk.path + "/a.sqlite") == .full)
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: disk.path)).contains { $0.contains("trial") })
    }

    /// "unable to open database file".
    @Test(.enabled(if: TemporaryDisk.isPossible, "mounting is not allowed here")) func aDiskWithoutRoomForFiles() throws {
        let disk = try TemporaryDisk(kilobytes: 256, files: 1)
        #expect(try fault(opening: disk.path + "/a.sqlite") == .full)
        #expect(throws: StorageFault.full) { try Folder.make(disk.path + "/a/b") }
    }

    @Test(.enabled(if: TemporaryDisk.isPossible, "mounting is not allowed here")) func aDiskThatIsMountedReadOnly() throws {
        let disk = try TemporaryDisk(kilobytes: 256)
        try disk.remount("ro")
        #expect(try fault(opening: disk.path + "/a.sqlite") == .readOnly)
        #expect(throws: StorageFault.readOnly) { try Folder.make(disk.path + "/a") }
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere")) func aFolderThatMayNotBeWritten() throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o500)
        defer { chmod(folder.path, 0o700) }
        #expect(try fault(opening: folder.file("a.sqlite")) == .notPermitted)
    }

    @Test func aFolderThatIsNotThere() throws {
        #expect(try fault(opening: try TemporaryFolder().file("none/a.sqlite")) == .noFolder)
    }

    @Test func aFolderInPlaceOfTheFile() throws {
        let folder = try TemporaryFolder()
        #expect(try fault(opening: folder.path) == .failing)
        try Data().write(to: URL(filePath: folder.file("file")))
        #expect(throws: StorageFault.failing) { try Folder.make(folder.file("file")) }
        #expect(throws: StorageFault.failing) { try Folder.make(folder.file("file/sub")) }
    }

    @Test func foldersAreMadeAndAreThere() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { try Folder.make(folder.file("a/b/c")) }
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b/c")))
        try Folder.make("/")
    }
}
