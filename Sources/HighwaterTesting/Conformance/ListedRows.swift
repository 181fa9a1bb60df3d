import ReadModel
import Synchronization

/// Rows for ``ReadModelStore/load(_:moving:into:)``, in two runs.
final class ListedRows: KeyOrderedRows {
    private let rows: Mutex<[PartitionRow]>

    init(_ rows: [PartitionRow]) { self.rows = Mutex(rows) }

    func next() throws -> [PartitionRow] {
        rows.withLock { rows in
            let run = Array(rows.prefix(2))
            rows.removeFirst(run.count)
            return run
        }
    }
}
