import EventLog
import Synchronization

/// Rows in order of key and then partition, taken in runs; for one task at a time.
protocol RowSource: Sendable {
    /// Empty after the last.
    func nextRows() async throws -> [PartitionRow]
}

/// All rows of a snapshot, or those of a share of the keys.
final class SnapshotRows: RowSource {
    private let snapshot: any GenerationSnapshot
    private let share: KeyShare
    private let last = Mutex<PartitionRow?>(nil)

    init(_ snapshot: any GenerationSnapshot, share: KeyShare = .all) {
        self.snapshot = snapshot
        self.share = share
    }

    func nextRows() async throws -> [PartitionRow] {
        while true {
            let rows = try await snapshot.rows(after: last.withLock { $0 }, limit: 1000)
            guard let end = rows.last else { return [] }
            last.withLock { $0 = end }
            let mine = share.count == 1 ? rows : rows.filter { share.contains($0.row.key) }
            if !mine.isEmpty { return mine }
        }
    }
}
