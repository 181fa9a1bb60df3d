import GRDB
import ReadModel
import SQLiteSupport

/// SQLite's errors in the port's terms. `CancellationError` and the port's own errors stay what they are.
func readModelError(_ what: String, _ path: String, _ error: any Error) -> any Error {
    guard error is DatabaseError || error is Displacement || error is StorageFault else { return error }
    let cannot = "cannot \(what) in \(path)"
    switch SQLiteFault(error, path: path) {
    case .interrupted:
        return Task.isCancelled ? CancellationError() : ReadModelError(.unavailable, "\(cannot): interrupted", underlying: error)
    case .storage(let fault): return ReadModelError(.storage, "\(cannot): \(fault)", underlying: error)
    case .displaced(let displacement):
        let remedy =
            displacement.kind == .overwritten
            ? "remove it with its '-wal' and '-shm', and it is built from the log; a copy of it is put in place by moving it there"
            : "what is at its path now is used from here on"
        return ReadModelError(.unavailable, "\(cannot): \(displacement); \(remedy)")
    case .notADatabase:
        return ReadModelError(.incompatibleLayout, "\(path) is no SQLite database; name another file", underlying: error)
    case .damaged:
        return ReadModelError(
            .incompatibleLayout, "\(path) is damaged; delete it, and the read models are made again from the log", underlying: error)
    case .busy:
        return ReadModelError(.unavailable, "\(cannot): another process has been writing to it for too long", underlying: error)
    case .other:
        if (error as? DatabaseError)?.message == "integer overflow" {
            return ReadModelError(
                .unsupportedValue, "\(cannot): a sum over the partitions is beyond what can be added up", underlying: error)
        }
        return ReadModelError(.unavailable, cannot, underlying: error)
    }
}
