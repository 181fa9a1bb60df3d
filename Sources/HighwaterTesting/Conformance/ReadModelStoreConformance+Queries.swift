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
        ReadModelStoreLaw("sums over partitions are exact beyond 64 bits, in rows and in filters") { store in
            let live = try await first(store, Probe.combined)
            let (most, least) = (Int128(Int64.max), Int128(Int64.min))
            let (unit, far): (Int128, Int128) = (1_000_000_000_000_000_000, most * 1_000)
            // By key: what each of two partitions has in the columns of 64 and of 128 bits.
            typealias Part = (key: String, count: (Int64, Int64), wide: (Int128, Int128))
            var parts: [Part] = [("a", (.max, 1), (most + 1, 5)), ("b", (.max, .max), (Probe.widest - 999_999_999, 999_999_999))]
            parts += [("c", (.min, .min), (least - 1, least)), ("d", (.min, .max), (Probe.widest, -Probe.widest))]
            parts += [("e", (.max, -1), (far, -far - 1)), ("f", (1, -1), (-unit, 1))]
            parts += [("g", (1_000_000_000, -1), (2 * unit, -1)), ("h", (.min, -1), (most, most))]
            let writes = [
                Probe.write(0, -1, 1, parts.map { Probe.row($0.key, count: $0.count.0, wide: $0.wide.0) }),
                Probe.write(1, -1, 1, parts.map { Probe.row($0.key, count: $0.count.1, wide: $0.wide.1) }),
            ]
            try require(try await store.apply(writes, to: live), "apply")
            let all = try await store.rows(of: "probe-sums", matching: RowQuery()).value
            try require(all.map(\.key) == parts.map(\.key), "the rows are \(all)")
            for (row, part) in zip(all, parts) {
                let (count, wide) = (Int128(part.count.0) + Int128(part.count.1), part.wide.0 + part.wide.1)
                try require(
                    row.values[2] == .number(count) && row.values[6] == .number(wide) && row.values[7] == .number(-wide),
                    "\(part) come to \(row)")
                try require(try await store.row(of: "probe-sums", key: part.key).value == row, "one row is not as among others: \(row)")
                for (name, sum) in [("count", count), ("wide", wide)] {
                    let equal = try await store.rows(of: "probe-sums", matching: RowQuery(filters: [name: .number(sum)])).value
                    let expected = all.filter { $0.values[name == "count" ? 2 : 6] == .number(sum) }
                    try require(equal == expected, "\(name) = \(sum) finds \(equal)")
                    let above = try await store.rows(of: "probe-sums", matching: RowQuery(filters: [name: .number(sum + 1_000_000_000)]))
                        .value
                    try require(above.allSatisfy { $0.values[name == "count" ? 2 : 6] == .number(sum + 1_000_000_000) }, "\(above)")
                }
            }
        },
        ReadModelStoreLaw("a number of 128 bits is found by a filter on its column") { store in
            let live = try await first(store)
            let numbers: [Int128] = [0, Int128(Int64.max), Int128(Int64.max) + 1, Probe.widest, -Probe.widest]
            let rows = numbers.enumerated().map { Probe.row("\($0.offset)", wide: $0.element) }
            try require(try await store.apply([Probe.write(0, -1, 1, rows)], to: live), "apply")
            for (row, number) in zip(rows, numbers) {
                let found = try await store.rows(of: "probe-rows", matching: RowQuery(filters: ["wide": .number(number)])).value
                try require(found == [row], "\(number) finds \(found)")
            }
            let none = try await store.rows(of: "probe-rows", matching: RowQuery(filters: ["count": .number(Probe.widest)])).value
            try require(none.isEmpty, "a number of 128 bits is found in a column of 64: \(none)")
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
                let new = try await rebuild(store, "a")
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
