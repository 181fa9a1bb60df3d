import EventLog
import EventModel
import WriteModel

extension StateStoreConformance {
    private static let id = StateSample.stream("1")
    private static let kept = StateSample.commits(40)
    private static let batch = StateBatch(
        position: StateSample.position(40, epoch: 2, sequence: 39), streams: [StateSample.saved(id, [4, 0], kept)])

    private static func requireKept(in store: any StateStore, _ law: StateStoreLawContext) async throws {
        try await law.require(batch.position, of: store)
        try await law.require(id, in: store, isAt: StreamVersion(40), state: [4, 0], commits: kept)
        let found = try await store.commit(of: kept[3].commandID, on: id)
        try law.require(found == kept[3], "a command finds another commit, or none")
    }

    static let openings = [
        StateStoreLaw("what was saved is there on reopening") { law in
            try await law.open().save(batch)
            for _ in 0..<3 { try await requireKept(in: try await law.open(), law) }
            let reopened = try await law.open()
            let more = StateSample.commit(41, events: 9)
            try await reopened.save(StateBatch(position: StateSample.position(50), streams: [StateSample.saved(id, [5], [more])]))
            let last = try await law.open()
            try await law.require(StateSample.position(50), of: last)
            try await law.require(id, in: last, isAt: StreamVersion(49), state: [5], commits: kept + [more])
        },
        StateStoreLaw("another fold version empties a store for good") { law in
            try await law.open(foldVersion: "1").save(batch)
            let other = try await law.open(foldVersion: "1+order.placed.v2")
            try await law.requireEmpty(other, without: kept.map { (id, $0) })
            try await other.save(StateBatch(position: StateSample.position(1), streams: [StateSample.saved(id, [1], [kept[0]])]))
            try await law.require(
                id, in: try await law.open(foldVersion: "1+order.placed.v2"), isAt: StreamVersion(1), state: [1], commits: [kept[0]])
            try await law.requireEmpty(try await law.open(foldVersion: "1"), without: kept.map { (id, $0) })
        },
        StateStoreLaw("partitions and topics share nothing") { law in
            let places: [(Topic, Int32)] = [
                ("ordering", 0), ("ordering", 1), ("ordering", 10), ("ordering-1", 0), ("ordering.1", 0), ("o/rdering", 0),
                ("o%2Frdering", 0),
                ("..", 0), ("größe", 0), ("a b", Int32.max),
            ]
            for (number, (topic, partition)) in places.enumerated() {
                let store = try await law.open(topic, partition)
                try await law.requireEmpty(store, without: [(id, kept[0])])
                try await store.save(
                    StateBatch(
                        position: StateSample.position(Int64(number)), streams: [StateSample.saved(id, [UInt8(number)], [kept[number]])]))
            }
            for (number, (topic, partition)) in places.enumerated() {
                let store = try await law.open(topic, partition)
                try await law.require(StateSample.position(Int64(number)), of: store)
                try await law.require(id, in: store, isAt: kept[number].lastVersion, state: [UInt8(number)], commits: [kept[number]])
            }
        },
        StateStoreLaw("a reset forgets everything") { law in
            let store = try await law.open()
            try await store.save(batch)
            try await store.reset()
            try await law.requireEmpty(store, without: kept.map { (id, $0) })
            let reopened = try await law.open()
            try await law.requireEmpty(reopened, without: kept.map { (id, $0) })
            try await reopened.save(batch)
            try await requireKept(in: reopened, law)
            try await reopened.reset()
            try await reopened.reset()
            try await reopened.save(batch)
            try await requireKept(in: try await law.open(), law)
        },
        StateStoreLaw("whoever opened a store last is its only user") { law in
            let deposed = try await law.open()
            try await deposed.save(batch)
            let owner = try await law.open()
            try await law.requireSuperseded("saving to a store opened again") {
                try await deposed.save(StateBatch(position: StateSample.position(1), streams: []))
            }
            try await law.requireSuperseded("resetting a store opened again") { try await deposed.reset() }
            try await law.requireSuperseded("reading streams of a store opened again") { _ = try await deposed.streams([id]) }
            try await law.requireSuperseded("the position of a store opened again") { _ = try await deposed.position() }
            try await law.requireSuperseded("a command's commit in a store opened again") {
                _ = try await deposed.commit(of: kept[0].commandID, on: id)
            }
            try await law.requireSuperseded("the commits in a store opened again") {
                _ = try await deposed.commits(of: id, from: .none, limit: 1)
            }
            try await requireKept(in: owner, law)
        },
        StateStoreLaw("whoever had another fold version cannot write any more") { law in
            let deposed = try await law.open(foldVersion: "1")
            try await deposed.save(batch)
            let owner = try await law.open(foldVersion: "2")
            let commits = StateSample.commits(2)
            try await owner.save(StateBatch(position: StateSample.position(2), streams: [StateSample.saved(id, [2], commits)]))
            // It may fail or go nowhere: what counts is that the owner does not see it.
            try? await deposed.save(batch)
            try? await deposed.reset()
            try await law.require(StateSample.position(2), of: owner)
            try await law.require(id, in: owner, isAt: StreamVersion(2), state: [2], commits: commits)
            try await law.require(id, in: try await law.open(foldVersion: "2"), isAt: StreamVersion(2), state: [2], commits: commits)
        },
    ]
}
