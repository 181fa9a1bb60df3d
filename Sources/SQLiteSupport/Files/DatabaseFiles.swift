import Foundation
package import GRDB
import GRDBSQLite
import Synchronization

/// The files of one open database in WAL mode, and whether they still are what their paths name.
///
/// All connections of a pool are admitted by the same object. A look at the names costs three calls of `stat`; a look at the contents also
/// reads some twenty bytes that the system has in memory.
package final class DatabaseFiles: Sendable {
    private struct Named {
        let path: String
        let identity: FileIdentity
    }

    private struct State {
        /// The database, and once it is complete its write-ahead log and the index of that.
        var files: [Named] = []
        var contents: DatabaseContents?
        var overwritten: Displacement?
    }

    /// Absolute, with symbolic links as they were given: a link that is pointed elsewhere is a displacement.
    package let path: String
    private let state = Mutex(State())

    package init(path: String) { self.path = URL(fileURLWithPath: path).path }

    /// Keeps out a connection whose file is not the first one's. For `Configuration.prepareDatabase`: a pool opens connections whenever it
    /// needs them, by the path.
    ///
    /// - Throws: ``Displacement``.
    package func admit(_ db: Database) throws {
        // In this order: a file that has not moved by the second look is the one that the first look saw.
        let status = FileStatus(path: path)
        guard let status, !OpenFile.isDatabaseMoved(db) else {
            throw Displacement(FileStatus(path: path) == nil ? .missing : .replaced, path)
        }
        try state.withLock { state in
            if let first = state.files.first {
                guard first.identity == status.identity else { throw Displacement(.replaced, path) }
            } else {
                state.files = [Named(path: path, identity: status.identity)]
            }
        }
    }

    /// Records the files beside the database, once it is in WAL mode and has been read. From then on no process removes them, as long as
    /// the connection is open.
    ///
    /// - Throws: ``Displacement``.
    package func complete(_ db: Database) throws {
        guard let handle = db.sqliteConnection, let name = sqlite3_db_filename(handle, "main") else { return }
        // SQLite names them after the file itself, symbolic links followed.
        let beside = try ["-wal", "-shm"].map { suffix in
            let path = String(cString: name) + suffix
            guard let status = FileStatus(path: path) else { throw Displacement(.missing, path) }
            return Named(path: path, identity: status.identity)
        }
        let contents = DatabaseContents(db, path: path)
        state.withLock { state in
            state.files = state.files.prefix(1) + beside
            state.contents = contents
        }
    }

    /// How the files have come apart from their names; also where they were found to be overwritten before.
    package func displacement() -> Displacement? {
        state.withLock { state in
            for file in state.files {
                guard let status = FileStatus(path: file.path) else { return Displacement(.missing, file.path) }
                guard status.identity == file.identity else { return Displacement(.replaced, file.path) }
            }
            return state.overwritten
        }
    }

    /// As ``displacement()``, and whether something else than SQLite has written the files. On the connection's own queue.
    package func displacement(on db: Database) -> Displacement? {
        if let found = displacement() { return found }
        return state.withLock { state in
            guard let log = state.files.dropFirst().first else { return nil }
            if state.contents?.isLogOverwritten(db) == true {
                state.overwritten = Displacement(.overwritten, log.path)
            } else if state.contents?.isDatabaseOverwritten(db, path: path) == true {
                state.overwritten = Displacement(.overwritten, path)
            }
            return state.overwritten
        }
    }

    /// Removes the write-ahead log and its index from beside a file that is not this database's any more, where they still are this one's:
    /// SQLite would take them for that file's. What they hold is lost, so only for what can be made again.
    package func removeStaleLog() {
        state.withLock { state in
            guard let main = state.files.first, FileStatus(path: main.path)?.identity != main.identity else { return }
            for file in state.files.dropFirst() where FileStatus(path: file.path)?.identity == file.identity { unlink(file.path) }
        }
    }

    /// Whether closing the database would write into somebody else's content. SQLite looks for itself whether the file has moved, and not
    /// whether it was overwritten.
    package var mayBeClosed: Bool { state.withLock { $0.overwritten == nil } }
}
