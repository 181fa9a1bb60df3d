import EventLog

/// Compares two sources of rows by a merge: constant memory, whatever their size.
struct RowComparison: Sendable {
    struct Side {
        var rows: Int64 = 0
        var checksum: UInt64 = 0
    }

    struct Found {
        var expected: [Partition: Side] = [:]
        var actual: [Partition: Side] = [:]
        var differences: [RowDifference] = []
        var differenceCount = 0
    }

    private let schema: TableSchema
    private let maximumDifferences: Int
    private let onProgress: @Sendable (Int) -> Void

    init(_ schema: TableSchema, maximumDifferences: Int, onProgress: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.schema = schema
        self.maximumDifferences = maximumDifferences
        self.onProgress = onProgress
    }

    func compare(expected: any RowSource, actual: any RowSource, into found: Found = Found()) async throws -> Found {
        var found = found
        var wanted: ArraySlice<PartitionRow> = []
        var seen: ArraySlice<PartitionRow> = []
        while true {
            if wanted.isEmpty {
                wanted = try await expected.nextRows()[...]
                onProgress(wanted.count)
            }
            if seen.isEmpty { seen = try await actual.nextRows()[...] }
            try Task.checkCancellation()
            switch (wanted.first, seen.first) {
            case (nil, nil): return found
            case (let want?, nil):
                add(want, nil, to: &found)
                wanted.removeFirst()
            case (nil, let have?):
                add(nil, have, to: &found)
                seen.removeFirst()
            case (let want?, let have?):
                if want.precedes(have) {
                    add(want, nil, to: &found)
                    wanted.removeFirst()
                } else if have.precedes(want) {
                    add(nil, have, to: &found)
                    seen.removeFirst()
                } else {
                    add(want, have, to: &found)
                    wanted.removeFirst()
                    seen.removeFirst()
                }
            }
        }
    }

    private func add(_ want: PartitionRow?, _ have: PartitionRow?, to found: inout Found) {
        if let want { found.expected[want.partition, default: Side()].add(want.row) }
        if let have { found.actual[have.partition, default: Side()].add(have.row) }
        if let want, let have, want.row.isIdentical(to: have.row) { return }
        found.differenceCount += 1
        guard found.differences.count < maximumDifferences, let either = want ?? have else { return }
        found.differences.append(
            RowDifference(
                partition: either.partition.rawValue, key: either.row.key,
                kind: have == nil ? .missing : want == nil ? .unexpected : .different,
                expected: want.map { RowJSON.text($0.row, schema) }, actual: have.map { RowJSON.text($0.row, schema) }))
    }
}

extension RowComparison.Side {
    fileprivate mutating func add(_ row: StoredRow) {
        rows += 1
        checksum &+= RowDigest.hash(row)
    }
}

extension PartitionRow {
    /// Order of key and then partition.
    package func precedes(_ other: PartitionRow) -> Bool {
        row.key.hasSameBytes(as: other.row.key) ? partition < other.partition : row.key.precedesByBytes(other.row.key)
    }
}
