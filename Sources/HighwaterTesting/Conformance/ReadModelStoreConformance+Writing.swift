import EventLog
import EventModel
import ReadModel

private typealias Probe = ReadModelStoreProbe

extension ReadModelStoreConformance {
    static let writeLaws: [ReadModelStoreLaw] = [
        ReadModelStoreLaw("rows and positions move together, by compare-and-set, or not at all") { store in
            let live = try await first(store)
            try require(try await store.apply([Probe.write(0, -1, 4, [Probe.row("a", count: 1)])], to: live), "apply")
            // The second partition's position is not the expected one, so the first takes no effect either.
            let wrong = [Probe.write(0, 4, 5, [Probe.row("a", count: 2)]), Probe.write(1, 7, 8, [Probe.row("b")])]
            try require(try await store.apply(wrong, to: live) == false, "a wrong position was taken")
            try require(try await rows(store) == [Probe.row("a", count: 1)], "a fenced batch changed rows")
            try require(try await store.positions(of: live)[Partition(0)] == Probe.position(4), "a fenced batch moved a position")
            let sameOffset = PositionMove(
                partition: Partition(0),
                expected: ChainPosition(offset: Offset(4), chain: ChainRule(epoch: Epoch(2), sequence: CommitSequence(4))),
                new: Probe.position(5))
            try require(
                try await store.apply([PartitionWrite(move: sameOffset, upserts: [])], to: live) == false,
                "another epoch was taken for the same")
            try require(try await store.apply([Probe.write(0, 4, 5, [Probe.row("a", count: 2)])], to: live), "apply")
            try require(try await rows(store) == [Probe.row("a", count: 2)], "an update was lost")
            let result = try await store.row(of: "probe-rows", key: "a")
            try require(
                result.positions
                    == AppliedPositions(topic: Probe.topic, positions: [Partition(0): Probe.position(5), Partition(1): .beginning]),
                "the answer's positions are \(result.positions)")
        },
        ReadModelStoreLaw("deleted rows are gone, and may come back") { store in
            let live = try await first(store)
            try require(try await store.apply([Probe.write(0, -1, 1, [Probe.row("a"), Probe.row("b")])], to: live), "apply")
            try require(try await store.apply([Probe.write(0, 1, 2, deletes: ["a", "never"])], to: live), "delete")
            try require(try await rows(store).map(\.key) == ["b"], "the deleted row is there")
            try require(try await store.apply([Probe.write(0, 2, 3, [Probe.row("a")])], to: live), "again")
            try require(try await rows(store).map(\.key) == ["a", "b"], "the row has not come back")
        },
        ReadModelStoreLaw("of two writers with the same expectation, one takes effect") { store in
            let live = try await first(store)
            for round in 0..<20 as Range<Int64> {
                let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for writer in 0..<4 as Range<Int64> {
                        group.addTask {
                            try await store.apply(
                                [Probe.write(0, round - 1, round, [Probe.row("a", count: round * 10 + writer)])], to: live)
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                try require(wins == 1, "\(wins) writers won")
            }
        },
        ReadModelStoreLaw("rows are found by partition and key") { store in
            let live = try await first(store, Probe.combined)
            try require(
                try await store.apply(
                    [
                        Probe.write(0, -1, 1, [Probe.row("a", count: 1), Probe.row("b", count: 2)]),
                        Probe.write(1, -1, 1, [Probe.row("a", count: 3)]),
                    ],
                    to: live), "apply")
            let found = try await store.rows(in: live, keys: [Partition(0): ["b", "a", "none"], Partition(1): ["a", "b"]])
            try require(
                found[Partition(0)]?.sorted { $0.key < $1.key } == [Probe.row("a", count: 1), Probe.row("b", count: 2)]
                    && found[Partition(1)] == [Probe.row("a", count: 3)], "found \(found)")
        },
        ReadModelStoreLaw("a load takes effect whole, or not at all") { store in
            let new = try await rebuild(store, "a")
            let rows = ["a", "b", "c", "d", "e"].enumerated().map {
                PartitionRow(partition: Partition(Int32($0.offset % 2)), row: Probe.row($0.element))
            }
            let moves = [0, 1].map { PositionMove(partition: Partition($0), expected: .beginning, new: Probe.position(7)) }
            let wrong = PositionMove(partition: Partition(1), expected: Probe.position(2), new: Probe.position(7))
            try require(
                try await store.load(ListedRows(rows), moving: [moves[0], wrong], into: new) == false, "a wrong position was taken")
            let before = try await store.withSnapshot(of: new) { try await $0.rows(after: nil, limit: 10) }
            try require(before.isEmpty, "a fenced load left rows")
            try require(try await store.load(ListedRows(rows), moving: moves, into: new), "load")
            let after = try await store.withSnapshot(of: new) { try await $0.rows(after: nil, limit: 10) }
            try require(after == rows, "loaded \(after)")
            try require(try await store.positions(of: new).values.allSatisfy { $0 == Probe.position(7) }, "positions did not move")
        },
        ReadModelStoreLaw("a snapshot is of one moment, in order, in pages") { store in
            let live = try await first(store, Probe.combined)
            let keys = ["a", "b", "b\u{301}", "c", "é", "z", "日", "😀"]
            try require(
                try await store.apply(
                    [Probe.write(0, -1, 1, keys.map { Probe.row($0) }), Probe.write(1, -1, 1, [Probe.row("b", count: 5)])], to: live),
                "apply")
            try await store.withSnapshot(of: live) { snapshot in
                let one = try await snapshot.rows(after: nil, limit: 2)
                try require(
                    try await store.apply([Probe.write(0, 1, 2, [Probe.row("b", count: 9), Probe.row("bb")], deletes: ["z"])], to: live),
                    "apply")
                var all = one
                while case let next = try await snapshot.rows(after: all.last, limit: 2), !next.isEmpty { all += next }
                let expected = ["a", "b", "b", "b\u{301}", "c", "z", "é", "日", "😀"]
                try require(
                    all.count == expected.count
                        && zip(all, expected).allSatisfy { $0.row.key.unicodeScalars.elementsEqual($1.unicodeScalars) },
                    "the rows are \(all.map(\.row.key))")
                try require(all[1].partition == Partition(0) && all[1].row == Probe.row("b"), "the snapshot changed")
                try require(all[2].partition == Partition(1) && all[2].row == Probe.row("b", count: 5), "partitions are not in order")
                try require(snapshot.positions[Partition(0)] == Probe.position(1), "its position moved")
            }
        },
    ]

    static func rows(_ store: any ReadModelStore) async throws -> [StoredRow] {
        try await store.rows(of: "probe-rows", matching: RowQuery()).value
    }
}
