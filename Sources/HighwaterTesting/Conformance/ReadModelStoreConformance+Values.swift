import EventLog
import EventModel
import ReadModel

private typealias Probe = ReadModelStoreProbe

extension ReadModelStoreConformance {
    static let valueLaws: [ReadModelStoreLaw] = [
        ReadModelStoreLaw("values keep to their limits") { store in
            let live = try await first(store)
            let texts = [
                "", " ", "'\"`;--", "a\nb\r\t\u{1}", "é", "e\u{301}", "日本語", "😀👩‍👩‍👧", "\u{FFFD}\u{FEFF}\u{10FFFF}",
                String(repeating: "ü", count: 100_000),
            ]
            var rows = texts.enumerated().map { Probe.row("text-\($0.offset)", text: $0.element, note: $0.element) }
            rows += [
                Probe.row("minimum", count: .min, micros: .min, first: .min, last: .max),
                Probe.row("maximum", count: .max, micros: .max, first: .max, last: .min),
                Probe.row("wide", wide: Int128(Int64.max) + 1), Probe.row("narrow", wide: Int128(Int64.min)),
                Probe.row("widest", wide: Probe.widest), Probe.row("widest below", wide: -Probe.widest),
                Probe.row("wide and round", wide: 10_000_000_000_000_000_000_000_000_000_000_000),
                Probe.row("absent"), Probe.row("before 1970", first: -1, last: -62_135_596_800_000_000),
                Probe.row("latest", first: 253_402_300_799_999_999, last: 1),
            ]
            rows.sort { $0.key < $1.key }
            try require(try await store.apply([Probe.write(0, -1, 1, rows)], to: live), "apply")
            let read = try await Self.rows(store)
            try require(read.count == rows.count, "\(read.count) rows of \(rows.count)")
            for (read, row) in zip(read, rows) { try require(read.isIdentical(to: row), "wrote \(row), read \(read)") }
            let found = try await store.rows(in: live, keys: [Partition(0): rows.map(\.key)])[Partition(0)] ?? []
            for row in rows { try require(found.contains { $0.isIdentical(to: row) }, "wrote \(row), and found it not") }
        },
        ReadModelStoreLaw("keys that look alike are different keys") { store in
            let live = try await first(store)
            let rows = [Probe.row("e\u{301}", count: 1), Probe.row("é", count: 2)]  // in the order of their bytes
            try require(try await store.apply([Probe.write(0, -1, 1, rows)], to: live), "apply")
            let one = try await store.row(of: "probe-rows", key: "é").value
            try require(one?.isIdentical(to: rows[1]) == true, "read \(String(describing: one))")
            try require(try await Self.rows(store).count == 2, "one row took the place of the other")
            let matching = try await store.rows(of: "probe-rows", matching: RowQuery(filters: ["text": .text("T")])).value
            try require(matching.isEmpty, "filters ignore case")
        },
        ReadModelStoreLaw("text with NUL is refused with the column named, and nothing changes") { store in
            let live = try await first(store)
            for row in [Probe.row("a\0b"), Probe.row("a", text: "x\0"), Probe.row("a", note: "\0")] {
                try await requireError(.unsupportedValue, "\(row)") { _ = try await store.apply([Probe.write(0, -1, 1, [row])], to: live) }
            }
            do {
                _ = try await store.apply([Probe.write(0, -1, 1, [Probe.row("a", note: "\0")])], to: live)
            } catch {
                try require("\(error)".contains("note"), "the message does not name the column: \(error)")
            }
            try require(try await store.positions(of: live)[Partition(0)] == .beginning, "the position moved")
            try require(try await store.apply([Probe.write(0, -1, 1, [Probe.row("a")])], to: live), "apply")
            try require(try await store.row(of: "probe-rows", key: "a\0b").value == nil, "a key was cut at NUL")
            let matching = try await store.rows(of: "probe-rows", matching: RowQuery(filters: ["text": .text("t\0")])).value
            try require(matching.isEmpty, "a filter was cut at NUL")
        },
        ReadModelStoreLaw("a key by stream belongs to one partition") { store in
            let live = try await first(store)
            try require(try await store.apply([Probe.write(0, -1, 1, [Probe.row("a")])], to: live), "apply")
            try await requireError(.unsupportedValue, "a row of another partition") {
                _ = try await store.apply([Probe.write(1, -1, 1, [Probe.row("a", count: 2)])], to: live)
            }
            try require(try await Self.rows(store) == [Probe.row("a")], "it took the row's place")
        },
    ]
}
