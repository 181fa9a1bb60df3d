import EventLog
import EventModel
import WriteModel

extension StateStoreConformance {
    static let commits = [
        StateStoreLaw("commits are paged from a version inside a commit") { law in
            let store = try await law.open()
            let (id, commits) = (StateSample.stream("1"), StateSample.commits(50, events: 3))
            try await store.save(StateBatch(position: StateSample.position(1), streams: [StateSample.saved(id, [], commits)]))
            for version in -1...152 as ClosedRange<Int64> {
                let expected = commits.filter { $0.lastVersion >= StreamVersion(version) }
                for limit in [0, 1, 2, 10, 1000] {
                    let page = try await store.commits(of: id, from: StreamVersion(version), limit: limit)
                    try law.require(
                        page == Array(expected.prefix(limit)),
                        "from version \(version), limit \(limit), come commits at \(page.map(\.firstVersion))")
                }
            }
            let negative = try await store.commits(of: id, from: StreamVersion(1), limit: -1)
            try law.require(negative.isEmpty, "a limit of -1 gives \(negative.count) commits")
        },
        StateStoreLaw("pages join to the whole of a long stream") { law in
            let store = try await law.open()
            let (id, neighbour) = (StateSample.stream("1"), StateSample.stream("10"))
            let commits = (0..<2500).map { StateSample.commit(Int64(1 + $0 * 2), events: 2) }
            try await store.save(
                StateBatch(
                    position: StateSample.position(1),
                    streams: [StateSample.saved(neighbour, [], Array(commits[..<3])), StateSample.saved(id, [], commits)]))
            var read: [CommitReference] = []
            while true {
                let page = try await store.commits(of: id, from: (read.last?.lastVersion ?? .none).next, limit: 100)
                if page.isEmpty { break }
                read += page
                try law.require(read.count <= commits.count, "there are more commits than were saved")
            }
            try law.require(read == commits, "the pages hold \(read.count) commits, not the \(commits.count) saved")
            for commit in [commits[0], commits[1234], commits[2499]] {
                let found = try await store.commit(of: commit.commandID, on: id)
                try law.require(found == commit, "command \(commit.commandID) finds another commit")
            }
        },
        StateStoreLaw("a command is found on its own stream only") { law in
            let store = try await law.open()
            let (one, two, three) = (StateSample.stream("1"), StateSample.stream("2"), StateSample.stream("3"))
            let first = StateSample.commit(1, at: 10, of: "same")
            let second = StateSample.commit(5, events: 2, at: 20, of: "same")
            try await store.save(
                StateBatch(
                    position: StateSample.position(20),
                    streams: [
                        StateSample.saved(one, [], [first, StateSample.commit(2, of: "only-one")]),
                        StateSample.saved(two, [], [StateSample.commit(1, events: 4, of: "only-two"), second]),
                    ]))
            for (stream, command, expected) in [
                (one, "same", first), (two, "same", second), (three, "same", nil), (two, "only-one", nil), (one, "only-two", nil),
                (one, "sam", nil), (one, "Same", nil),
            ] as [(StreamID, String, CommitReference?)] {
                let found = try await store.commit(of: CommandID(trusted: command), on: stream)
                try law.require(found == expected, "'\(command)' on \(stream) finds \(found.map { "@\($0.offset)" } ?? "nothing")")
            }
        },
        StateStoreLaw("a stream comes with its newest 32 commits") { law in
            let store = try await law.open()
            for count in [0, 1, 31, 32, 33, 100] {
                let (id, commits) = (StateSample.stream("whole-\(count)"), StateSample.commits(count, events: 2))
                try await store.save(
                    StateBatch(position: StateSample.position(1), streams: [StateSample.saved(id, [1], commits)]))
                try await law.require(id, in: store, isAt: commits.last?.lastVersion ?? .none, state: [1], commits: commits)
            }
            let (id, commits) = (StateSample.stream("by-one"), StateSample.commits(34))
            for (index, commit) in commits.enumerated() {
                try await store.save(
                    StateBatch(position: StateSample.position(1), streams: [StateSample.saved(id, [2], [commit])]))
                try await law.require(id, in: store, isAt: commit.lastVersion, state: [2], commits: Array(commits[...index]))
            }
        },
    ]
}
