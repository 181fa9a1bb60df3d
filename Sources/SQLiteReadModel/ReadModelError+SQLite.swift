import Foundation
import GRDB
import ReadModel

/// SQLite's errors in the port's terms. `CancellationError` and the port's own errors stay what they are.
func readModelError(_ what: String, _ path: String, _ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let cannot = "cannot \(what) in \(path)"
    return switch error.resultCode {
    case .SQLITE_INTERRUPT, .SQLITE_ABORT:
        Task.isCancelled ? CancellationError() : ReadModelError(.unavailable, "\(cannot): interrupted", underlying: error)
    case .SQLITE_FULL: ReadModelError(.storage, "\(cannot): the disk is full; free space", underlying: error)
    case .SQLITE_READONLY, .SQLITE_PERM: ReadModelError(.storage, "\(cannot): the file or its folder cannot be written", underlying: error)
    case .SQLITE_IOERR: ReadModelError(.storage, "\(cannot): the disk fails", underlying: error)
    case .SQLITE_CANTOPEN:
        ReadModelError(.storage, "\(cannot): the file cannot be opened or made; is its folder writable?", underlying: error)
    case .SQLITE_NOTADB: ReadModelError(.incompatibleLayout, "\(path) is no SQLite database; name another file", underlying: error)
    case .SQLITE_CORRUPT:
        ReadModelError(
            .incompatibleLayout, "\(path) is damaged; delete it, and the read models are made again from the log", underlying: error)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
        ReadModelError(.unavailable, "\(cannot): another process has been writing to it for too long", underlying: error)
    case _ where error.message == "integer overflow":
        ReadModelError(.unsupportedValue, "\(cannot): a sum over the partitions is beyond what can be added up", underlying: error)
    default: ReadModelError(.unavailable, cannot, underlying: error)
    }
}

func readModelError(opening path: String, _ error: any Error) -> any Error {
    if error is CocoaError {
        return ReadModelError(.storage, "the folder of \(path) cannot be made or written", underlying: error)
    }
    return readModelError("open the read model", path, error)
}
