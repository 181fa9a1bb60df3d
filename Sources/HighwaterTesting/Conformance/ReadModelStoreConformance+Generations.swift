import EventLog
import EventModel
import ReadModel

private typealias Probe = ReadModelStoreProbe

extension ReadModelStoreConformance {
    static let generationLaws: [ReadModelStoreLaw] = [
        ReadModelStoreLaw("the first generation is live at once, and made once") { store in
            let first = try await first(store)
            let again = try await Self.first(store)
            try require(first.number == again.number && again.state == .live, "made \(first) and \(again)")
            try require(try await store.generations(of: "probe-rows").count == 1, "there is more than one generation")
            let positions = try await store.positions(of: first)
            try require(positions == [Partition(0): .beginning, Partition(1): .beginning], "positions are \(positions)")
            try require(first.schema == Probe.byStream && first.topic == Probe.topic && first.partitions == 2, "it is \(first)")
            let stored = try await store.generations(of: "probe-rows").first
            try require(stored == again, "stored as \(String(describing: stored))")
        },
        ReadModelStoreLaw("a view of no live generation is unknown") { store in
            try await requireError(.unknownProjection, "row") { _ = try await store.row(of: "nobody", key: "a") }
            try await requireError(.unknownProjection, "rows") { _ = try await store.rows(of: "nobody", matching: RowQuery()) }
            try await requireError(.unknownProjection, "positions") { _ = try await store.livePositions(of: "nobody") }
            _ = try await rebuild(store, "a")
            try await requireError(.unknownProjection, "row while building") { _ = try await store.row(of: "probe-rows", key: "a") }
        },
        ReadModelStoreLaw("a generation that is being built is not seen, and swapped in whole") { store in
            let live = try await first(store)
            try require(try await store.apply([Probe.write(0, -1, 3, [Probe.row("a", text: "old")])], to: live), "apply to live")
            let new = try await rebuild(store, "a")
            let rows = [PartitionRow(partition: Partition(0), row: Probe.row("a", text: "new"))]
            let move = PositionMove(partition: Partition(0), expected: .beginning, new: Probe.position(4))
            try require(try await store.load(ListedRows(rows), moving: [move], into: new), "load")
            try require(try await text(store) == "old", "the new rows show before the swap")
            try require(try await store.activate(new, evenIfBehind: false), "activate")
            try require(try await text(store) == "new", "the new rows do not show after the swap")
            let states = try await store.generations(of: "probe-rows").map(\.state)
            try require(states == [.retired, .live], "states are \(states)")
            try require(try await store.apply([Probe.write(0, 3, 5)], to: live) == false, "the retired generation takes batches")
            try require(try await store.apply([Probe.write(0, 4, 5)], to: new), "the new live generation takes no batches")
        },
        ReadModelStoreLaw("a swap does not send readers back") { store in
            let live = try await first(store)
            try require(try await store.apply([Probe.write(0, -1, 3), Probe.write(1, -1, 3)], to: live), "apply to live")
            let new = try await rebuild(store, "a")
            try require(try await store.apply([Probe.write(0, -1, 9), Probe.write(1, -1, 2)], to: new), "apply to new")
            try require(try await store.activate(new, evenIfBehind: false) == false, "a generation behind in a partition went live")
            try require(try await store.livePositions(of: "probe-rows").positions[Partition(0)] == Probe.position(3), "it shows")
            try require(try await store.apply([Probe.write(1, 2, 3)], to: new), "apply to new after the refused swap")
            try require(try await store.activate(new, evenIfBehind: false), "level, it does not go live")
            try require(try await store.activate(live, evenIfBehind: true), "rollback of one behind, where that is wanted")
            try require(try await store.livePositions(of: "probe-rows").positions[Partition(0)] == Probe.position(3), "no rollback")
        },
        ReadModelStoreLaw("a second rebuild is refused while the first lives, and takes over when it is dead") { store in
            _ = try await first(store)
            let one = try await rebuild(store, "one")
            try await requireError(.rebuildInProgress, "a second rebuild") { _ = try await rebuild(store, "two") }
            try require(try await store.renew("two", for: Probe.lease, on: one) == false, "a lease was stolen")
            try require(try await store.dropAbandoned(of: "probe-rows").isEmpty, "a live rebuild was dropped")
            try require(try await store.generations(of: "probe-rows").last?.isAbandoned == false, "a live rebuild counts as abandoned")
            // A lease of no length is over at once; and it is the builder's to renew as long as nobody has taken over.
            try require(try await store.renew("one", for: .zero, on: one), "no renewal of an own lease")
            try require(try await store.generations(of: "probe-rows").last?.isAbandoned == true, "it is not seen to be abandoned")
            try require(try await store.renew("one", for: .zero, on: one), "no renewal of an own lease that is over")
            let two = try await rebuild(store, "two")
            try require(two.number > one.number, "a number was used twice")
            try require(two.lease?.builder == "two" && two.lease?.isOver == false, "it is leased to \(String(describing: two.lease))")
            try require(try await store.apply([Probe.write(0, -1, 1)], to: one) == false, "the dead rebuild still writes")
            try require(try await store.renew("one", for: Probe.lease, on: one) == false, "the dead rebuild still has a lease")
            try require(try await store.activate(one, evenIfBehind: true) == false, "a dropped generation went live")
            try require(try await store.positions(of: one).isEmpty, "a dropped generation has positions")
            try require(try await store.rows(in: one, keys: [Partition(0): ["a"]]).values.allSatisfy(\.isEmpty), "a dropped one has rows")
            try await requireError(.unknownProjection, "a snapshot of a dropped generation") {
                try await store.withSnapshot(of: one) { _ in }
            }
        },
        ReadModelStoreLaw("a filled generation is ready, and its builder's as before") { store in
            let new = try await rebuild(store, "one")
            try require(try await store.markReady(new, keptBy: "two", for: Probe.lease) == false, "another builder marks it")
            for _ in 0..<2 { try require(try await store.markReady(new, keptBy: "one", for: Probe.lease), "it is not kept") }
            let now = try await store.generations(of: "probe-rows").last
            try require(
                now?.state == .ready && now?.lease?.builder == "one" && now?.lease?.isOver == false, "it is \(String(describing: now))")
            try require(try await store.renew("two", for: Probe.lease, on: new) == false, "its lease was stolen")
            try require(try await store.apply([Probe.write(0, -1, 1)], to: new), "it takes no batches")
            try require(try await store.renew("one", for: .zero, on: new), "renew")
            try require(try await store.dropAbandoned(of: "probe-rows").isEmpty, "what is ready was dropped")
            try require(try await store.renew("two", for: Probe.lease, on: new), "it cannot be taken on")
        },
        ReadModelStoreLaw("an abandoned rebuild is dropped, and nothing else") { store in
            let live = try await first(store)
            let ready = try await rebuild(store, "one")
            try await store.finish(ready)
            let dead = try await rebuild(store, "two")
            try require(try await store.renew("two", for: .zero, on: dead), "renew")
            // What is ready waits for somebody to take it on, also where the last who did is gone.
            try require(try await store.renew("three", for: .zero, on: ready), "renew what is ready")
            try require(try await store.dropAbandoned(of: "probe-rows") == [dead.number], "other generations were dropped")
            try require(try await store.generations(of: "probe-rows").map(\.number) == [live.number, ready.number], "others are left")
            try require(try await store.dropAbandoned(of: "probe-rows").isEmpty, "there was another")
            try require(try await store.renew("two", for: Probe.lease, on: dead) == false, "its builder goes on")
        },
        ReadModelStoreLaw("no lease or hold is believed that is longer than it may be") { store in
            let live = try await first(store)
            let one = try await rebuild(store, "one", lease: .seconds(86_400))
            guard let lease = one.lease else { throw BrokenReadModelStoreLaw("it has no lease") }
            try require(!lease.isOver, "a lease that was asked for a day is over")
            try require(try await store.renew("one", for: .seconds(86_400), on: one), "renew")
            // As long as it may be, and no longer.
            let renewed = try await store.generations(of: "probe-rows").last?.lease
            try require(renewed?.isOver == false, "a renewal for a day is over")
            try require(
                (renewed?.expires ?? lease.expires).seconds(since: lease.expires) < 3_600, "the lease was longer than an hour")
            try await store.hold(live, for: .seconds(86_400))
            try require(try await store.apply([Probe.write(0, -1, 1)], to: live), "a hold for a day is believed")
        },
        ReadModelStoreLaw("a finished generation waits, takes no batches, and can be taken on") { store in
            let new = try await rebuild(store, "one")
            try await store.finish(new)
            try require(try await store.generations(of: "probe-rows").map(\.state) == [.ready], "it is not ready")
            try require(try await store.apply([Probe.write(0, -1, 1)], to: new) == false, "it takes batches without a lease")
            let other = try await rebuild(store, "two")
            try await store.drop(other)
            try require(try await store.renew("three", for: Probe.lease, on: new), "it cannot be leased")
            try require(try await store.apply([Probe.write(0, -1, 1)], to: new), "leased, it takes no batches")
            try require(try await store.activate(new, evenIfBehind: false), "it does not go live")
            try require(try await store.generations(of: "probe-rows").first?.lease == nil, "it has its lease still")
        },
        ReadModelStoreLaw("a live generation that is held takes no batches until it is let go") { store in
            let live = try await first(store)
            try await store.hold(live, for: .seconds(30))
            try require(try await store.generations(of: "probe-rows").first?.isHeld == true, "the hold is not told")
            try require(try await store.apply([Probe.write(0, -1, 1)], to: live) == false, "held, it takes batches")
            try await store.hold(live, for: nil)
            try require(try await store.apply([Probe.write(0, -1, 1)], to: live), "let go, it takes no batches")
            // One that is over holds nothing, and nobody need end it.
            try await store.hold(live, for: .zero)
            try require(try await store.apply([Probe.write(0, 1, 2)], to: live), "a hold that is over stops batches")
            try await store.hold(live, for: .seconds(30))
            let new = try await rebuild(store, "a")
            try require(try await store.apply([Probe.write(0, -1, 1)], to: new), "a hold of the live one stops the new one")
            try require(try await store.apply([Probe.write(0, 1, 2)], to: new), "catch up")
            try require(try await store.activate(new, evenIfBehind: false), "activate")
            try require(try await store.generations(of: "probe-rows").allSatisfy { !$0.isHeld }, "the hold outlives the swap")
        },
        ReadModelStoreLaw("a live generation cannot be dropped, another can") { store in
            let live = try await first(store)
            try await store.drop(live)
            try require(try await store.generations(of: "probe-rows").count == 1, "the live generation was dropped")
            let new = try await rebuild(store, "a")
            try await store.drop(new)
            try await store.drop(new)
            try require(try await store.generations(of: "probe-rows").map(\.number) == [live.number], "the new one was not dropped")
        },
        ReadModelStoreLaw("projections do not touch one another") { store in
            let rows = try await first(store)
            let sums = try await store.createGeneration(Probe.combined, topic: Probe.topic, partitions: 1, purpose: .first)
            try require(try await store.apply([Probe.write(0, -1, 1, [Probe.row("a", text: "x")])], to: sums), "apply")
            try require(try await store.row(of: "probe-rows", key: "a").value == nil, "a row shows in another view")
            try require(try await store.positions(of: rows)[Partition(0)] == .beginning, "a position moved in another projection")
        },
    ]

    static func first(_ store: any ReadModelStore, _ schema: TableSchema = ReadModelStoreProbe.byStream) async throws -> Generation {
        try await store.createGeneration(schema, topic: Probe.topic, partitions: 2, purpose: .first)
    }

    static func rebuild(
        _ store: any ReadModelStore, _ builder: String, lease: Duration = ReadModelStoreProbe.lease
    ) async throws -> Generation {
        try await store.createGeneration(
            Probe.byStream, topic: Probe.topic, partitions: 2, purpose: .rebuild(builder: builder, lease: lease))
    }

    private static func text(_ store: any ReadModelStore) async throws -> String? {
        guard case .text(let text) = try await store.row(of: "probe-rows", key: "a").value?.values.first else { return nil }
        return text
    }
}
