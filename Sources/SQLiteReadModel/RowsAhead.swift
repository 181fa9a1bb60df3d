import Dispatch
import ReadModel
import Synchronization

/// Makes the next rows on a queue of its own while those before are inserted. Its caller waits, so it must have a thread of its own, as
/// SQLite's has; for one thread at a time.
final class RowsAhead: Sendable {
    private let rows: any KeyOrderedRows
    private let queue = DispatchQueue(label: "highwater.read-model.rows")
    private let isMade = DispatchSemaphore(value: 0)
    private let made = Mutex<Result<[PartitionRow], any Error>>(.success([]))

    init(_ rows: any KeyOrderedRows) {
        self.rows = rows
        make()
    }

    /// Empty after the last, and then not to be called again.
    func next() throws -> [PartitionRow] {
        isMade.wait()
        let next = try made.withLock { $0 }.get()
        if !next.isEmpty { make() }
        return next
    }

    private func make() {
        queue.async { [self] in
            let next = Result { try rows.next() }
            made.withLock { $0 = next }
            isMade.signal()
        }
    }
}
