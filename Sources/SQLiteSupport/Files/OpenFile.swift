import GRDB
import GRDBSQLite

/// A file as a connection has it open, through SQLite's own handle: opening it again, and closing that, would drop the locks that this
/// process has on it (POSIX advisory locks). For use on the connection's own queue.
struct OpenFile {
    private let file: UnsafeMutablePointer<sqlite3_file>

    static func database(_ db: Database) -> OpenFile? { OpenFile(db, SQLITE_FCNTL_FILE_POINTER) }
    static func writeAheadLog(_ db: Database) -> OpenFile? { OpenFile(db, SQLITE_FCNTL_JOURNAL_POINTER) }

    /// Whether the path that the connection was opened by names another file now, or none.
    static func isDatabaseMoved(_ db: Database) -> Bool {
        var isMoved: CInt = 0
        guard let handle = db.sqliteConnection, sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &isMoved) == SQLITE_OK
        else { return false }
        return isMoved != 0
    }

    private init?(_ db: Database, _ operation: CInt) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard let handle = db.sqliteConnection, sqlite3_file_control(handle, "main", operation, &file) == SQLITE_OK,
            let file, file.pointee.pMethods != nil
        else { return nil }
        self.file = file
    }

    /// The bytes there, with zeros for those behind the file's end; nil where it cannot be read.
    func read(_ count: Int, at offset: Int64) -> [UInt8]? {
        guard let xRead = file.pointee.pMethods?.pointee.xRead else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let code = bytes.withUnsafeMutableBytes { xRead(file, $0.baseAddress, CInt(count), offset) }
        return code == SQLITE_OK || code == SQLITE_IOERR | (2 << 8) ? bytes : nil  // SQLITE_IOERR_SHORT_READ
    }

    /// The first bytes of the memory that all connections of the database share; nil where there is none.
    func sharedMemory(_ count: Int) -> [UInt8]? {
        guard let methods = file.pointee.pMethods, methods.pointee.iVersion >= 2, let xShmMap = methods.pointee.xShmMap else { return nil }
        var start: UnsafeMutableRawPointer?
        guard xShmMap(file, 0, 32768, 0, &start) == SQLITE_OK, let start else { return nil }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}
