import EventLog
import Foundation
import GRDB
import SQLiteSupport

/// Opening a log's file, and its layout.
///
/// ```
/// topics  (name, first, partitions)       partition p of a topic has the number first + p
/// records (id, stored_at, key, value)     id = number << 40 | offset: one b-tree holds each partition in one piece, in order
/// ```
enum LogFile {
    /// Raised with every change to the tables; kept in `PRAGMA user_version`.
    static let layoutVersion: Int32 = 1
    /// "HWLG", in `PRAGMA application_id`: tells a log from any other SQLite file.
    static let applicationID: Int32 = 0x4857_4C47

    /// Opens the file and brings it to this layout. A file that is not a log's is left as it is.
    static func open(_ path: String, _ options: SQLiteLog.Options) throws(LogError) -> Storage {
        try makeFolder(of: path)
        var configuration = GRDB.Configuration()
        configuration.label = "SQLiteLog"
        configuration.busyMode = .timeout(options.busyTimeout / .seconds(1))
        configuration.maximumReaderCount = max(1, options.maximumReaders)
        var attempts = 0
        while true {
            do {
                return try connect(path, configuration)
            } catch  where isPassing(error) && attempts < 100 {
                attempts += 1
                usleep(10_000)
            } catch {
                throw failure(error, path)
            }
        }
    }

    /// What only says that another process is opening or closing the file at this moment: changing to WAL mode does not always wait for
    /// the lock, and the last to close deletes the write-ahead log, which GRDB may have seen and want to look at. A file that is moved in
    /// the middle of this is opened anew.
    private static func isPassing(_ error: any Error) -> Bool {
        (error as? DatabaseError)?.resultCode == .SQLITE_BUSY || (error as? CocoaError)?.code == .fileReadNoSuchFile
            || error is Displacement
    }

    private static func connect(_ path: String, _ configuration: GRDB.Configuration) throws -> Storage {
        // Through a plain connection first: a pool would turn somebody else's file into WAL mode.
        let probe = try DatabaseQueue(path: path, configuration: configuration)
        // In one transaction: between two, another process may make the log, and its tables would be taken for somebody else's.
        try probe.read { try check($0, path) }
        try probe.close()

        let files = DatabaseFiles(path: path)
        var configuration = configuration
        configuration.prepareDatabase { try files.admit($0) }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB chooses NORMAL for pools, by which a commit may be lost with the power.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // A checkpoint syncs both files; every 16 MB rather than every 4.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            try db.inTransaction(.immediate) {
                try check(db, path)
                try makeTables(db)
                return .commit
            }
            try files.complete(db)
        }
        // The path that SQLite made of it, links followed: the write-ahead log is beside that file.
        let file = try pool.read { try String.fetchOne($0, sql: "SELECT file FROM pragma_database_list WHERE name = 'main'") }
        return Storage(path: path, writeAheadLog: (file ?? path) + "-wal", files: files, pool: pool)
    }

    private static func check(_ db: Database, _ path: String) throws {
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if application == applicationID {
            guard version <= layoutVersion else {
                throw LogError(
                    .misconfigured,
                    "the log at \(path) has layout \(version), and this program knows layouts up to \(layoutVersion): use a newer version")
            }
        } else {
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            guard application == 0, version == 0, tables == 0 else {
                throw LogError(.misconfigured, "\(path) is a SQLite database, but not a log: nothing was changed; give another path")
            }
        }
    }

    private static func makeTables(_ db: Database) throws {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") != applicationID else { return }
        try db.execute(
            sql: """
                CREATE TABLE topics (name TEXT PRIMARY KEY NOT NULL, first INTEGER NOT NULL UNIQUE, partitions INTEGER NOT NULL);
                CREATE TABLE records (id INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL);
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(layoutVersion);
                """)
    }

    private static func makeFolder(of path: String) throws(LogError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do throws(StorageFault) {
            try Folder.make(folder)
        } catch {
            throw LogError(.storage, "cannot open the log at \(path): its folder \(folder) cannot be made: \(error)")
        }
    }

    private static func failure(_ error: any Error, _ path: String) -> LogError {
        if (error as? DatabaseError)?.resultCode == .SQLITE_NOTADB {
            LogError(
                .misconfigured, "\(path) is not a SQLite database, so not a log: nothing was changed; give another path", underlying: error)
        } else {
            error as? LogError ?? LogError(SQLiteFault(error, path: path), "cannot open the log at \(path)", underlying: error)
        }
    }
}
