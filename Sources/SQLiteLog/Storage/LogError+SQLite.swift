import EventLog
import GRDB

extension LogError {
    /// What a failed access to the file means. A ``LogError`` stays what it is.
    init(sqlite error: any Error, _ action: String) {
        if let error = error as? LogError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, action, underlying: error)
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.storage, "\(action): the disk is full; free space and send it again", underlying: error)
        case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            self.init(.storage, "\(action): the file cannot be read or written; check the disk and the file's permissions", underlying: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.timedOut, "\(action): another process holds the file's lock", underlying: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.corrupt, "\(action): the file is damaged; restore it from a copy", underlying: error)
        default:
            self.init(.unavailable, action, underlying: error)
        }
    }
}
