import EventLog
import EventModel
import WriteModel

extension StateStoreConformance {
    static let limits = [
        StateStoreLaw("states are any bytes, none and a MiB") { law in
            let store = try await law.open()
            let id = StateSample.stream("1")
            let large = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
            let states: [Bytes] = [[], [0], large[...], large[7..<500_000], [], [0xFF, 0, 0xC3, 0x28]]
            for (index, state) in states.enumerated() {
                let commits = StateSample.commits(index + 1)
                try await store.save(
                    StateBatch(position: StateSample.position(1), streams: [StateSample.saved(id, state, [commits[index]])]))
                try await law.require(id, in: store, isAt: StreamVersion(Int64(index) + 1), state: state, commits: commits)
            }
        },
        StateStoreLaw("stream ids and command ids are any that their rules admit") { law in
            let store = try await law.open()
            let visible = (0x21...0x7E).map { String(UnicodeScalar(UInt8($0))) }
            var streams: [StreamID] = [
                try StreamID(category: String(repeating: "z", count: 64), key: String(repeating: "~", count: 128)),
                try StreamID(category: "a", key: "'; DROP TABLE streams; --"[...].filter { $0 != " " }),
                try StreamID(category: "a", key: "%s?1:x$y"), try StreamID(category: "a", key: "%S?1:x$y"),
                try StreamID(category: "a", key: "007"), try StreamID(category: "a", key: "7"), try StreamID(category: "a", key: "7.0"),
            ]
            for text in visible where text != "/" && text != "@" { streams.append(try StreamID(recorded: "c-0/\(text)")) }
            let commands = visible + [String(repeating: "~", count: 128), "007", "7", "7.0", "0x7", "NULL", "x'00'", "a", "A"]
            let commits = Set(commands).sorted().enumerated().map { StateSample.commit(Int64($0) + 1, of: $1) }
            try await store.save(
                StateBatch(
                    position: StateSample.position(1),
                    streams: streams.enumerated().map { index, id in
                        StateSample.saved(id, [UInt8(index)], index < 2 ? commits : [commits[index % commits.count]])
                    }))
            let found = try await store.streams(streams)
            for (index, id) in streams.enumerated() {
                try law.require(found[id]?.state == [UInt8(index)], "stream \(id) has another one's state, or none")
            }
            for id in streams.prefix(2) {
                for commit in commits {
                    let found = try await store.commit(of: commit.commandID, on: id)
                    try law.require(found == commit, "command \(commit.commandID) on \(id) finds another commit, or none")
                }
            }
        },
        StateStoreLaw("numbers go to the limits of 64 bits") { law in
            let store = try await law.open()
            let id = StateSample.stream("1")
            let max = Int64.max
            let commits = [
                StateSample.commit(1, events: Int(max - 11), at: 0), StateSample.commit(max - 10, events: 10, at: max - 1),
                StateSample.commit(max, at: max),
            ]
            let position = StateSample.position(max, epoch: max, sequence: max)
            try await store.save(StateBatch(position: position, streams: [StateSample.saved(id, [1], commits)]))
            try await law.require(position, of: store)
            try await law.require(id, in: store, isAt: StreamVersion(max), state: [1], commits: commits)
            for (version, first) in [(1, 0), (max - 12, 0), (max - 11, 0), (max - 10, 1), (max - 1, 1), (max, 2)] {
                let page = try await store.commits(of: id, from: StreamVersion(version), limit: 10)
                try law.require(page == Array(commits[first...]), "from version \(version) come \(page.map(\.firstVersion))")
            }
        },
    ]
}
