import Foundation
import GRDB
import ReadModel
import SQLiteSupport

/// One opening of a read model's file.
struct OpenReadModel: Sendable {
    /// Counts the openings of a store, from 0.
    let number: Int
    let pool: DatabasePool
    /// Nil for those that only look.
    let files: DatabaseFiles?
    /// The file's word; nil for those that only look at a file that stands where its word was not made.
    let identity: String?

    /// Opens the file, making it and its folder where they do not exist, and brings the engine's tables up to date. Blocks.
    init(_ path: String, number: Int = 0, readOnly: Bool) throws {
        self.number = number
        do {
            if readOnly {
                guard FileManager.default.fileExists(atPath: path) else { throw SQLiteLayout.missing(path) }
            } else {
                try Folder.make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            }
            (pool, files) = try Self.connect(path, readOnly: readOnly)
            if readOnly {
                identity = try pool.read { db in
                    try SQLiteLayout.check(db, path: path)
                    return try SQLiteIdentity.find(db, path: path)
                }
            } else {
                identity = try pool.write { db in
                    try SQLiteLayout.migrate(db, path: path)
                    return try SQLiteIdentity.settle(db, path: path)
                }
            }
        } catch {
            throw readModelError("open the read model", path, error)
        }
    }

    /// Gives the file up. Where closing it would write into somebody else's content, it stays open until the process ends.
    func close() throws {
        guard files?.mayBeClosed ?? true else {
            _ = Unmanaged.passRetained(pool)
            return
        }
        try pool.close()
    }

    /// Several processes that open a new file at once all set its journal mode, for which SQLite does not wait as it does for a lock: one of
    /// them is told at once that the file is busy. And the last to close deletes the write-ahead log, which GRDB may have seen and want to look
    /// at. Blocks for as long as others may.
    private static func connect(_ path: String, readOnly: Bool) throws -> (DatabasePool, DatabaseFiles?) {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                let files = readOnly ? nil : DatabaseFiles(path: path)
                let pool = try DatabasePool(path: path, configuration: configuration(readOnly: readOnly, files))
                if let files { try pool.write { try files.complete($0) } }
                return (pool, files)
            } catch  where isPassing(error) && ContinuousClock.now < deadline {
                usleep(20_000)
            }
        }
    }

    private static func configuration(readOnly: Bool, _ files: DatabaseFiles?) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.label = "highwater.read-model"
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { db in
            try files?.admit(db)
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            // The writer's pages: without room for a batch's they are written and read again within it. In KiB.
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA cache_size = -65536") }
            // Sorting for an index may use another core.
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA threads = 2") }
        }
        return configuration
    }

    private static func isPassing(_ error: any Error) -> Bool {
        (error as? DatabaseError)?.resultCode == .SQLITE_BUSY || (error as? CocoaError)?.code == .fileReadNoSuchFile
            || error is Displacement
    }
}
