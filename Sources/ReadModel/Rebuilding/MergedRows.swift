import EventLog
import Synchronization

/// The rows of several partitions' folds, in order of key and then partition, written out as they are taken.
final class MergedRows: KeyOrderedRows, RowSource {
    private struct Run {
        let partition: Partition
        let fold: any ProjectionFold
        let keys: [FoldedKey]
        var next = 0
    }

    private let runs: Mutex<[Run]>
    private let onTake: @Sendable (Int) -> Void
    private static let chunk = 1000

    init(_ folds: [Partition: any ProjectionFold], onTake: @escaping @Sendable (Int) -> Void = { _ in }) {
        runs = Mutex(
            folds.sorted { $0.key < $1.key }.map { Run(partition: $0.key, fold: $0.value, keys: $0.value.sortedByKey()) })
        self.onTake = onTake
    }

    func next() throws -> [PartitionRow] {
        let rows = try runs.withLock { runs in
            var rows: [PartitionRow] = []
            rows.reserveCapacity(Self.chunk)
            while rows.count < Self.chunk {
                var first: Int?
                for index in runs.indices where runs[index].next < runs[index].keys.count {
                    guard let best = first else {
                        first = index
                        continue
                    }
                    if runs[index].keys[runs[index].next].precedes(runs[best].keys[runs[best].next]) { first = index }
                }
                guard let first else { break }
                let run = runs[first]
                rows.append(PartitionRow(partition: run.partition, row: try run.fold.row(at: run.keys[run.next])))
                runs[first].next += 1
            }
            return rows
        }
        onTake(rows.count)
        return rows
    }

    func nextRows() async throws -> [PartitionRow] { try next() }
}
