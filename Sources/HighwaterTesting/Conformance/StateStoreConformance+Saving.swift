import EventLog
import EventModel
import WriteModel

extension StateStoreConformance {
    static let saving = [
        StateStoreLaw("a new store is empty and at the beginning") { law in
            let store = try await law.open()
            try await law.requireEmpty(store, without: [(StateSample.stream("1"), StateSample.commit(1))])
            try law.require(try await store.streams([]).isEmpty, "no ids find a stream")
        },
        StateStoreLaw("a saved batch is readable") { law in
            let store = try await law.open()
            let (one, two) = (StateSample.stream("1"), StateSample.stream("2"))
            let commits = [StateSample.commit(1, events: 3, of: "a"), StateSample.commit(4, events: 2, of: "b")]
            let other = [StateSample.commit(1, at: 77, of: "c")]
            try await store.save(
                StateBatch(
                    position: StateSample.position(40, epoch: 3, sequence: 7),
                    streams: [StateSample.saved(one, [1, 2, 3], commits), StateSample.saved(two, [9], other)]))
            try await law.require(StateSample.position(40, epoch: 3, sequence: 7), of: store)
            try await law.require(one, in: store, isAt: StreamVersion(5), state: [1, 2, 3], commits: commits)
            try await law.require(two, in: store, isAt: StreamVersion(1), state: [9], commits: other)
            for commit in commits {
                let found = try await store.commit(of: commit.commandID, on: one)
                try law.require(found == commit, "command \(commit.commandID) finds another commit")
            }
        },
        StateStoreLaw("batches accumulate") { law in
            let store = try await law.open()
            let (one, two) = (StateSample.stream("1"), StateSample.stream("2"))
            let commits = StateSample.commits(40, events: 2)
            for start in stride(from: 0, to: 40, by: 8) {
                try await store.save(
                    StateBatch(
                        position: StateSample.position(Int64(start) + 1),
                        streams: [StateSample.saved(one, [UInt8(start)], Array(commits[start..<start + 8]))]
                            + (start == 16 ? [StateSample.saved(two, [42], [commits[0]])] : [])))
                try await law.require(StateSample.position(Int64(start) + 1), of: store)
                try await law.require(
                    one, in: store, isAt: commits[start + 7].lastVersion, state: [UInt8(start)], commits: Array(commits[..<(start + 8)]))
            }
            try await law.require(two, in: store, isAt: StreamVersion(2), state: [42], commits: [commits[0]])
        },
        StateStoreLaw("a batch with a position only moves the position") { law in
            let store = try await law.open()
            let (id, commits) = (StateSample.stream("1"), StateSample.commits(2))
            try await store.save(StateBatch(position: StateSample.position(5), streams: [StateSample.saved(id, [7], commits)]))
            try await store.save(StateBatch(position: StateSample.position(900, epoch: 8, sequence: 0), streams: []))
            try await law.require(StateSample.position(900, epoch: 8, sequence: 0), of: store)
            try await law.require(id, in: store, isAt: StreamVersion(2), state: [7], commits: commits)
        },
        StateStoreLaw("saving a batch again changes nothing") { law in
            let store = try await law.open()
            let (id, commits) = (StateSample.stream("1"), StateSample.commits(5, events: 3))
            try await store.save(StateBatch(position: StateSample.position(2), streams: [StateSample.saved(id, [1], [commits[0]])]))
            let batch = StateBatch(position: StateSample.position(6), streams: [StateSample.saved(id, [2], Array(commits[1...]))])
            for _ in 0..<3 {
                try await store.save(batch)
                try await law.require(StateSample.position(6), of: store)
                try await law.require(id, in: store, isAt: StreamVersion(15), state: [2], commits: commits)
            }
        },
        StateStoreLaw("a read finds the streams that exist among many ids") { law in
            let store = try await law.open()
            let ids = (0..<3000).map { StateSample.stream("\($0)") }
            let existing = stride(from: 0, to: 3000, by: 3).map { ids[$0] }
            try await store.save(
                StateBatch(
                    position: StateSample.position(1),
                    streams: existing.enumerated().map { StateSample.saved($1, [UInt8($0 % 251)], [StateSample.commit(1)]) }))
            let found = try await store.streams(ids + ids.reversed())
            try law.require(Set(found.keys) == Set(existing), "\(found.count) streams are found, not \(existing.count)")
            for (index, id) in existing.enumerated() {
                try law.require(found[id]?.state == [UInt8(index % 251)], "stream \(id) has another one's state")
            }
        },
        StateStoreLaw("a stream is read as one batch left it, never in between") { law in
            let store = try await law.open()
            let (one, two) = (StateSample.stream("1"), StateSample.stream("2"))
            let commits = StateSample.commits(200)
            try await store.save(
                StateBatch(
                    position: StateSample.position(1),
                    streams: [one, two].map { StateSample.saved($0, [0], [commits[0]]) }))
            async let saved: Void = {
                for (index, commit) in commits.enumerated().dropFirst() {
                    try await store.save(
                        StateBatch(
                            position: StateSample.position(Int64(index) + 1),
                            streams: [one, two].map { StateSample.saved($0, [UInt8(index)], [commit]) }))
                }
            }()
            for _ in 0..<200 {
                let found = try await store.streams([one, two])
                guard let first = found[one], let second = found[two] else { throw law.fail("a stream is missing") }
                try law.require(
                    first.version == second.version, "two streams of one batch are at versions \(first.version) and \(second.version)")
                for stream in [first, second] {
                    try law.require(
                        stream.recent.last?.lastVersion == stream.version && stream.state == [UInt8(stream.version.rawValue - 1)],
                        "version, state and commits of a stream are of different batches")
                }
            }
            try await saved
        },
    ]
}
