import GRDB
import SQLiteSupport
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
        guard error is DatabaseError || error is Displacement else { return error }
        switch SQLiteFault(error, path: place.path) {
        case .interrupted: return CancellationError()
        case .storage(.noDescriptors): return StateStoreError(.exhausted, "\(subject): \(StorageFault.noDescriptors)", underlying: error)
        case .storage(let fault): return StateStoreError(.storage, "\(subject): \(fault)", underlying: error)
        case .displaced(let displacement):
            return StateStoreError(.displaced, "\(subject): \(displacement); opened again, it is brought up to date from the log")
        case .busy:
            return StateStoreError(.unavailable, "\(subject): it is in use elsewhere, or memory is short", underlying: error)
        case .damaged, .notADatabase: return damaged
        case .other where (error as? DatabaseError)?.isDamage == true: return damaged
        case .other: return StateStoreError(.internalError, subject, underlying: error)
        }
    }
}
