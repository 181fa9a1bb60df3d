import ReadModel
import Synchronization

/// Rows to be loaded.
final class RowList: KeyOrderedRows {
    private let rows: Mutex<[PartitionRow]>

    init(_ rows: [PartitionRow]) { self.rows = Mutex(rows) }

    func next() throws -> [PartitionRow] {
        rows.withLock { rows in
            defer { rows = [] }
            return rows
        }
    }
}
