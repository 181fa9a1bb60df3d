import EventLog
import EventModel
import WriteModel

/// What a law works with: the stores under test, and short forms of what laws do to them.
struct StateStoreLawContext: Sendable {
    let law: String
    let harness: StateStoreHarness

    /// Opens a store as a restarted process would.
    func open(_ topic: Topic = "ordering", _ partition: Int32 = 0, foldVersion: String = "1") async throws -> any StateStore {
        try await harness.makeProvider().open(TopicPartition(topic, Partition(partition)), foldVersion: foldVersion)
    }

    func fail(_ explanation: String) -> ConformanceFailure {
        ConformanceFailure("the state store breaks the law '\(law)': \(explanation)")
    }

    func require(_ condition: Bool, _ explanation: @autoclosure () -> String) throws {
        guard condition else { throw fail(explanation()) }
    }

    /// Requires that a stream is as given, `commits` being all that it has.
    func require(
        _ id: StreamID, in store: any StateStore, isAt version: StreamVersion, state: Bytes, commits: [CommitReference]
    ) async throws {
        guard let stream = try await store.streams([id])[id] else { throw fail("stream \(id) is not there") }
        try require(store.mayHold(id), "stream \(id), which is there, is denied")
        try require(stream.version == version, "stream \(id) is at version \(stream.version), not \(version)")
        try require(stream.state == state, "the state of stream \(id), \(stream.state.count) bytes, is not the \(state.count) bytes saved")
        try require(
            stream.recent == commits.suffix(StoredStream.recentLimit),
            "the recent commits of stream \(id) begin at versions \(stream.recent.map(\.firstVersion))")
        try require(
            stream.isRecentComplete == (commits.count <= StoredStream.recentLimit),
            "with \(commits.count) commits, isRecentComplete of stream \(id) is \(stream.isRecentComplete)")
        let all = try await store.commits(of: id, from: .none.next, limit: commits.count + 1)
        try require(all == commits, "stream \(id) has \(all.count) commits at \(all.prefix(40).map(\.firstVersion)), not \(commits.count)")
    }

    func require(_ position: ChainPosition, of store: any StateStore) async throws {
        let found = try await store.position()
        try require(found == position, "the position is \(found), not \(position)")
    }

    func requireEmpty(_ store: any StateStore, without commits: [(StreamID, CommitReference)] = []) async throws {
        try await require(.beginning, of: store)
        try require(try await store.streams(commits.map(\.0)).isEmpty, "a stream is there")
        for (stream, commit) in commits {
            try require(try await store.commit(of: commit.commandID, on: stream) == nil, "a commit of \(stream) is there")
            try require(
                try await store.commits(of: stream, from: .none, limit: 10).isEmpty, "commits of \(stream) are there")
        }
    }

    func requireSuperseded(_ action: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as StateStoreError {
            return try require(error.code == .superseded, "\(action) fails with \(error.code) (\(error)), not superseded")
        }
        throw fail("\(action) succeeds; it should fail with superseded")
    }
}

/// Values for the laws.
enum StateSample {
    static func stream(_ key: String) -> StreamID { StreamID(trusted: "order/" + key) }

    static func position(_ offset: Int64, epoch: Int64 = 1, sequence: Int64? = nil) -> ChainPosition {
        ChainPosition(
            offset: Offset(offset), chain: ChainRule(epoch: Epoch(epoch), sequence: CommitSequence(sequence ?? offset)))
    }

    static func commit(_ first: Int64, events: Int = 1, at offset: Int64? = nil, of command: String? = nil) -> CommitReference {
        let command = command ?? "command-\(first)"
        let digest = (0..<32).map { UInt8(truncatingIfNeeded: first &+ Int64($0)) }
        return CommitReference(
            offset: Offset(offset ?? first * 10), firstVersion: StreamVersion(first), events: events,
            commandID: CommandID(trusted: command), commandDigest: CommandDigest(stored: digest[...]))
    }

    /// Commits of `events` events each, from version 1 on.
    static func commits(_ count: Int, events: Int = 1) -> [CommitReference] {
        (0..<count).map { commit(1 + Int64($0 * events), events: events) }
    }

    static func saved(_ id: StreamID, _ state: Bytes, _ commits: [CommitReference]) -> StateBatch.Stream {
        StateBatch.Stream(id: id, version: commits.last?.lastVersion ?? .none, state: state, commits: commits)
    }
}
