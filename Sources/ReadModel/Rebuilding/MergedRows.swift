import EventLog
import Synchronization

/// The rows of several partitions' folds, in order of key and then partition, written out as they are taken.
final class MergedRows: KeyOrderedRows, RowSource {
    private struct Run {
        let partition: Partition
        let fold: ProjectionFold
        let keys: [FoldedKey]
        var next = 0
    }

    private let runs: Mutex<[Run]>
    private let onTake: @Sendable (Int) -> Void
    private static let chunk = 1000

    init(_ folds: [Partition: ProjectionFold], onTake: @escaping @Sendable (Int) -> Void = { _ in }) {
        runs = Mutex(
            folds.sorted { $0.key < $1.key }.map { Run(partition: $0.key, fold: $0.value, keys: $0.value.sortedByKey()) })
        self.onTake = onTake
    }

    /// How many rows there are in all.
    var count: Int { runs.withLock { $0.reduce(0) { $0 + $1.keys.count } } }

    func next() throws -> [PartitionRow] {
        let rows = try runs.withLock { try Self.take(&$0) }
        onTake(rows.count)
        return rows
    }

    /// First which run each row comes from, then each run's rows at once.
    private static func take(_ runs: inout [Run]) throws(ReadModelError) -> [PartitionRow] {
        var ends = runs.map(\.next)
        var order: [Int] = []
        order.reserveCapacity(chunk)
        while order.count < chunk {
            var first: Int?
            for index in runs.indices where ends[index] < runs[index].keys.count {
                guard let best = first else {
                    first = index
                    continue
                }
                if runs[index].keys[ends[index]].precedes(runs[best].keys[ends[best]]) { first = index }
            }
            guard let first else { break }
            order.append(first)
            ends[first] += 1
        }
        var taken: [ArraySlice<PartitionRow>] = []
        for index in runs.indices {
            let run = runs[index]
            var rows: [PartitionRow] = []
            rows.reserveCapacity(ends[index] - run.next)
            try run.fold.rows(at: run.keys[run.next..<ends[index]]) { rows.append(PartitionRow(partition: run.partition, row: $0)) }
            taken.append(rows[...])
            runs[index].next = ends[index]
        }
        return order.map { taken[$0].removeFirst() }
    }

    func nextRows() async throws -> [PartitionRow] { try next() }
}
