import EventLog
import EventModel
import ReadModel

private typealias Probe = ReadModelStoreProbe

extension ReadModelStoreConformance {
    static let queryLaws: [ReadModelStoreLaw] = [
        ReadModelStoreLaw("rows come in the order of their keys' bytes, in pages, filtered") { store in
            let live = try await first(store)
            let keys = ["", "A", "Z", "a", "b", "e\u{301}", "é", "日", "😀"]
            let rows = keys.enumerated().map { Probe.row($0.element, text: $0.offset % 2 == 0 ? "even" : "odd", count: Int64($0.offset)) }
            try require(
                try await store.apply(
                    [Probe.write(0, -1, 1, Array(rows.prefix(4))), Probe.write(1, -1, 1, Array(rows.dropFirst(4)))], to: live), "apply")
            var query = RowQuery(limit: 2)
            var seen: [StoredRow] = []
            while case let page = try await store.rows(of: "probe-rows", matching: query).value, !page.isEmpty {
                seen += page
                query.after = page.last?.key
            }
            try require(seen.map(\.values) == rows.map(\.values), "the order is \(seen.map(\.key))")
            let even = try await store.rows(of: "probe-rows", matching: RowQuery(filters: ["text": .text("even")], after: "A", limit: 2))
                .value
            try require(even.map(\.key) == ["Z", "b"], "filtered: \(even.map(\.key))")
            let one = try await store.rows(of: "probe-rows", matching: RowQuery(filters: ["text": .text("odd"), "count": .integer(3)]))
                .value
            try require(one.map(\.key) == ["a"], "filtered by two: \(one.map(\.key))")
        },
        ReadModelStoreLaw("partitions' rows are combined by their reducers") { store in
            let live = try await first(store, Probe.combined)
            let writes = [
                Probe.write(
                    0, -1, 1, [Probe.row("a", text: "Ä", note: "z", count: 1, micros: 5, first: 10, last: 10), Probe.row("b", count: 7)]),
                Probe.write(
                    1, -1, 1, [Probe.row("a", text: "Z", note: nil, count: 2, micros: -7, first: -3, last: nil), Probe.row("c", count: 3)]),
            ]
            try require(try await store.apply(writes, to: live), "apply")
            let sum = Probe.row("a", text: "Ä", note: "z", count: 3, micros: -2, first: -3, last: 10)
            let one = try await store.row(of: "probe-sums", key: "a").value
            try require(one == sum, "combined to \(String(describing: one))")
            let all = try await store.rows(of: "probe-sums", matching: RowQuery()).value
            try require(all == [sum, Probe.row("b", count: 7), Probe.row("c", count: 3)], "all are \(all)")
            let filtered = try await store.rows(of: "probe-sums", matching: RowQuery(filters: ["count": .integer(3)], limit: 1)).value
            try require(filtered == [sum], "filters look at single partitions' rows: \(filtered)")
            let second = try await store.rows(of: "probe-sums", matching: RowQuery(filters: ["count": .integer(3)], after: "a")).value
            try require(second.map(\.key) == ["c"], "the next page is \(second)")
            try require(try await store.row(of: "probe-sums", key: "none").value == nil, "a row of no partition is there")
        },
        ReadModelStoreLaw("a sum beyond 64 bits is an error, not another number") { store in
            let live = try await first(store, Probe.combined)
            let writes = [Probe.write(0, -1, 1, [Probe.row("a", count: .max)]), Probe.write(1, -1, 1, [Probe.row("a", count: 1)])]
            try require(try await store.apply(writes, to: live), "apply")
            try await requireError(.unsupportedValue, "row") { _ = try await store.row(of: "probe-sums", key: "a") }
            try await requireError(.unsupportedValue, "rows") { _ = try await store.rows(of: "probe-sums", matching: RowQuery()) }
        },
        ReadModelStoreLaw("queries see one generation or the other while generations come and go") { store in
            let live = try await first(store)
            try require(
                try await store.apply([Probe.write(0, -1, 0, [Probe.row("a", count: 0), Probe.row("b", count: 0)])], to: live), "apply")
            let reader = Task {
                var last: Int64 = 0
                while !Task.isCancelled {
                    let result = try await store.rows(of: "probe-rows", matching: RowQuery())
                    let counts = Set(result.value.map { $0.values[2] })
                    try require(result.value.count == 2 && counts.count == 1, "a mixture: \(result.value)")
                    guard case .integer(let count) = counts.first else { continue }
                    try require(count >= last, "readers went back from \(last) to \(count)")
                    try require(result.positions.positions[Partition(0)] == Probe.position(count), "rows and position are of two moments")
                    last = count
                    await Task.yield()
                }
            }
            defer { reader.cancel() }
            for count in 1...15 as ClosedRange<Int64> {
                let new = try await rebuild(store, "a", until: 100)
                let rows = ["a", "b"].map { PartitionRow(partition: Partition(0), row: Probe.row($0, count: count)) }
                let move = PositionMove(partition: Partition(0), expected: .beginning, new: Probe.position(count))
                try require(try await store.load(ListedRows(rows), moving: [move], into: new), "load")
                try require(try await store.activate(new, evenIfBehind: false), "activate")
                for old in try await store.generations(of: "probe-rows") where old.state == .retired { try await store.drop(old) }
            }
            reader.cancel()
            do { try await reader.value } catch is CancellationError {}
        },
    ]
}
