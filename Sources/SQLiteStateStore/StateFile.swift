import EventLog
import Foundation
import GRDB
import Logging
import SQLiteSupport
import WriteModel

/// One opening of a partition's file: a connection that writes and one that reads, each on a serial queue of its own, so that a read waits
/// neither for a transaction being written (WAL) nor on the cooperative pool.
///
/// Two queues rather than a `DatabasePool`: a pool's asynchronous read passes through two queues, and this is the path of every command
/// to a stream that is not in memory.
final class StateFile: Sendable {
    /// What is kept where.
    struct Place: Sendable {
        let path: String
        let partition: TopicPartition
        let foldVersion: String
        let logger: Logger
    }

    let place: Place
    let files: DatabaseFiles
    let writer: DatabaseQueue
    let reader: DatabaseQueue
    /// Identifies this opening. The file holds the newest one's; every other is superseded.
    let opening: Int64

    private init(_ place: Place, files: DatabaseFiles, writer: DatabaseQueue, reader: DatabaseQueue, opening: Int64) {
        self.place = place
        self.files = files
        self.writer = writer
        self.reader = reader
        self.opening = opening
    }

    /// Opens the file, or makes it anew where it is not a usable store of the place. Blocks.
    static func open(_ place: Place) throws -> StateFile {
        do {
            switch try attempt(place) {
            case .opened(let file): return file
            case .unusable(let reason): try discard(place, because: reason)
            }
            switch try attempt(place) {
            case .opened(let file): return file
            case .unusable(let reason):
                throw StateStoreError(.unavailable, "cannot open the state store '\(place.path)': made anew, it is unusable: \(reason)")
            }
        } catch {
            throw StateStoreError.from(error, doing: "open", place)
        }
    }

    /// Deletes the file. The database goes first: without its WAL it could be a half-made checkpoint, while a WAL without its database is
    /// ignored.
    static func discard(_ place: Place, because reason: String) throws {
        place.logger.warning(
            "a state store is discarded and will be folded from the log again",
            metadata: ["path": "\(place.path)", "partition": "\(place.partition)", "reason": "\(reason)"])
        for path in [place.path, place.path + "-wal", place.path + "-shm"] where FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw StateStoreError(
                    .storage, "cannot delete '\(path)', which is unusable (\(reason)); delete it by hand", underlying: error)
            }
        }
    }

    func close() {
        try? reader.close()
        try? writer.writeWithoutTransaction { try checkFiles(on: $0) }
        guard files.mayBeClosed else {
            // Closed, it would copy its write-ahead log into what is somebody else's content by now.
            _ = Unmanaged.passRetained(writer)
            return
        }
        try? writer.close()
    }

    /// That the file is the one at its path, and no other program has written it. What is at the path and would be a mixture is deleted at
    /// once: no later opening could tell.
    ///
    /// - Throws: ``Displacement``; `storage` where a mixture cannot be deleted.
    func checkFiles(on db: Database) throws {
        guard let displacement = files.displacement(on: db) else { return }
        if displacement.kind == .overwritten || displacement.path != files.path {
            try Self.discard(place, because: "\(displacement)")
        } else {
            files.removeStaleLog()
        }
        throw displacement
    }

    private enum Attempt {
        case opened(StateFile)
        case unusable(String)
    }

    private static func attempt(_ place: Place) throws -> Attempt {
        var isDirectory = false
        if let type = try? FileManager.default.attributesOfItem(atPath: place.path)[.type] as? FileAttributeType {
            isDirectory = type == .typeDirectory
        }
        guard !isDirectory else {
            throw StateStoreError(.storage, "cannot open the state store '\(place.path)': it is a folder; move it away")
        }
        do {
            let files = DatabaseFiles(path: place.path)
            let writer = try DatabaseQueue(path: place.path, configuration: configuration(files))
            let opening = Int64.random(in: 1...Int64.max)
            let unusable = try writer.writeWithoutTransaction { db in
                var unusable: String?
                try db.inTransaction(.immediate) {
                    unusable = try StateLayout.claim(db, for: place, opening: opening)
                    return unusable == nil ? .commit : .rollback
                }
                return unusable
            }
            if let unusable {
                try writer.close()
                return .unusable(unusable)
            }
            try writer.writeWithoutTransaction { try files.complete($0) }
            var reading = configuration(files)
            reading.readonly = true
            let reader = try DatabaseQueue(path: place.path, configuration: reading)
            return .opened(StateFile(place, files: files, writer: writer, reader: reader, opening: opening))
        } catch let error as DatabaseError where error.isDamage {
            return .unusable("the file is damaged: \(error.message ?? "\(error.resultCode)")")
        }
    }

    private static func configuration(_ files: DatabaseFiles) -> Configuration {
        var configuration = Configuration()
        configuration.label = "SQLiteStateStore"
        // With `synchronous=NORMAL`, which GRDB sets with it: the WAL is synchronised before a checkpoint copies it, so a power failure may
        // cost the newest batches, which the log still has, but never leaves a database of which half is new, which OFF could.
        configuration.journalMode = .wal
        // Another process may be opening or closing the same file.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try files.admit(db)
            // Eight partitions have sixteen connections. What a cache of half a MiB misses, the system's page cache has.
            try db.execute(sql: "PRAGMA cache_size = -512")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            try db.execute(sql: "PRAGMA cell_size_check = ON")
            try db.execute(sql: "PRAGMA journal_size_limit = 8388608")
        }
        return configuration
    }
}
