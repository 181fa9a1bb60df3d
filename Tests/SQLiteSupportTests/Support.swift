import Foundation
import GRDB
import SQLiteSupport

/// A folder that is removed with this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sqlite-support-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// A database of 100 rows, opened as the adapters do.
final class Watched: Sendable {
    let path: String
    let files: DatabaseFiles
    let pool: DatabasePool

    init(_ path: String, signature: Int32 = 77) throws {
        self.path = path
        let files = DatabaseFiles(path: path)
        var configuration = Configuration()
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { try files.admit($0) }
        pool = try DatabasePool(path: path, configuration: configuration)
        self.files = files
        try pool.write { db in
            try files.complete(db)
            // As the adapters do: the tables come with the first transaction, and are in the write-ahead log alone.
            try db.execute(
                sql: "CREATE TABLE IF NOT EXISTS numbers (id INTEGER PRIMARY KEY, text TEXT); PRAGMA application_id = \(signature)")
        }
        try insert(100)
    }

    /// Rows of a KiB.
    func insert(_ count: Int) throws {
        try pool.write { db in
            for _ in 0..<count {
                try db.execute(sql: "INSERT INTO numbers (text) VALUES (?)", arguments: [String(repeating: "x", count: 1000)])
            }
        }
    }

    func checkpoint() throws { try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") } }

    var displacement: Displacement? { get throws { pool.writeWithoutTransaction { files.displacement(on: $0) } } }
    /// As a connection that only reads sees it.
    var displacementSeenByReader: Displacement? { get throws { try pool.read { files.displacement(on: $0) } } }
}

/// Writes over a file in place, as `cp` does.
func overwrite(_ path: String, with bytes: Data) throws {
    let descriptor = open(path, O_WRONLY | O_TRUNC)
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard descriptor >= 0, written == bytes.count else { throw POSIXError(.EIO) }
}
