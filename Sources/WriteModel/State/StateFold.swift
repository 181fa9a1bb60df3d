public import EventLog
public import EventModel

/// Folds commits into stored streams: how a state store catches up with the log. Pure.
public struct StateFold: Sendable {
    private let context: BoundedContext

    public init(_ context: BoundedContext) { self.context = context }

    /// The streams that `records` change.
    public func streams(of records: [ChainedRecord]) -> [StreamID] {
        Array(Set(records.compactMap(\.commit?.stream)))
    }

    /// What `records` change, given what the store has of ``streams(of:)``.
    ///
    /// - Throws: where a state or an event cannot be read, or a stream's category is not registered.
    public func batch(
        _ records: [ChainedRecord], onto stored: [StreamID: StoredStream], position: ChainPosition
    ) throws -> StateBatch {
        var folds: [Fold] = []
        var places: [StreamID: Int] = [:]
        for record in records {
            guard let commit = record.commit else { continue }
            let place: Int
            if let known = places[commit.stream] {
                place = known
            } else {
                place = folds.count
                places[commit.stream] = place
                folds.append(try start(commit.stream, stored[commit.stream]))
            }
            try folds[place].apply(commit, at: record.offset)
        }
        return StateBatch(
            position: position,
            streams: folds.map { fold in
                StateBatch.Stream(id: fold.id, version: fold.version, state: fold.decider.encode(fold.state), commits: fold.commits)
            })
    }

    private func start(_ id: StreamID, _ stored: StoredStream?) throws -> Fold {
        guard let decider = context.category(of: id)?.decider else {
            throw LogError(.corrupt, "stream '\(id)' is of a category that is not registered; register '\(id.category)'")
        }
        return Fold(
            id: id, decider: decider, state: try stored.map { try decider.decode($0.state) } ?? decider.initial,
            version: stored?.version ?? .none)
    }

    private struct Fold {
        let id: StreamID
        let decider: StreamDecider
        var state: StreamState
        var version: StreamVersion
        var commits: [CommitReference] = []

        mutating func apply(_ commit: Commit, at offset: Offset) throws {
            guard commit.firstVersion == version.next else {
                throw LogError(
                    .corrupt,
                    "the commit at offset \(offset) begins at version \(commit.firstVersion) of \(commit.stream), which is at \(version)")
            }
            state = try decider.evolve(state, commit.events)
            version = commit.lastVersion
            commits.append(CommitReference(commit, at: offset))
        }
    }
}
