import EventLog
import EventModel

/// How the state store follows, behind the log and off the hot path.
extension PartitionWriter {
    /// Hands over what has changed since the last save, unless one is under way.
    mutating func save() {
        guard saving == nil, isOwner, !dirty.isEmpty else { return }
        let changed = dirty.compactMap { id -> SaveRequest.Stream? in
            guard let entry = streams[id], let decider = context.category(of: id)?.decider else { return nil }
            return SaveRequest.Stream(
                id: id, version: entry.settled.version, state: entry.settled.state, commits: entry.unsaved, decider: decider)
        }
        isSaveFailing = false
        saving = (position, changed.map { ($0.id, $0.commits.count) })
        actions.append(.save(SaveRequest(position: position, streams: changed)))
    }

    mutating func saved(_ position: ChainPosition) {
        guard let saving, saving.position == position else { return }
        self.saving = nil
        // The other way round, so that the stream that was changed first is the one to be dropped first.
        for (id, commits) in saving.streams.reversed() {
            streams.update(id) { $0.saved(commits) }
            unsavedCommits -= commits
            streams.release(id)
        }
        dirty = dirty.filter { streams[$0]?.unsaved.isEmpty == false }
        evict()
    }

    mutating func saveFailed(_ position: ChainPosition) {
        guard saving?.position == position else { return }
        saving = nil
        isSaveFailing = true
    }
}
