import GRDB
import WriteModel

extension DatabaseError {
    /// Whether the file is no database, or a broken one. A missing table or column is, too: only layouts that match are ever queried.
    var isDamage: Bool {
        switch resultCode.primaryResultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_FORMAT: true
        default: false
        }
    }
}

extension StateStoreError {
    /// Says in the port's terms what SQLite reports.
    static func from(_ error: any Error, doing action: String, _ place: StateFile.Place) -> any Error {
        let subject = "cannot \(action) the state store '\(place.path)'"
        let damaged = StateStoreError(
            .damaged, "\(subject): it is damaged; reset it, and it is folded from the log again", underlying: error)
        if error is RowDecodingError { return damaged }
        guard let error = error as? DatabaseError else { return error }
        switch error.resultCode.primaryResultCode {
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            return CancellationError()
        case .SQLITE_FULL:
            return StateStoreError(.storage, "\(subject): the disk is full; free space", underlying: error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN:
            return StateStoreError(.storage, "\(subject): make the folder and the file writable", underlying: error)
        case .SQLITE_IOERR:
            return StateStoreError(.storage, "\(subject): its storage fails", underlying: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL, .SQLITE_NOMEM:
            return StateStoreError(.unavailable, "\(subject): it is in use elsewhere, or memory is short", underlying: error)
        case _ where error.isDamage:
            return damaged
        default:
            return StateStoreError(.internalError, subject, underlying: error)
        }
    }
}
