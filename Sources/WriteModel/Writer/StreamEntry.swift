import EventLog
import EventModel

/// A stream in the writer's memory: as the log has it, and as it will be when all that is in flight lands.
struct StreamEntry {
    /// The fold of the stream's acknowledged commits.
    private(set) var settled: (state: StreamState, version: StreamVersion)
    /// The fold of the commits in flight as well: what the next command is decided on.
    private(set) var speculative: (state: StreamState, version: StreamVersion)
    /// Commands that have made a commit.
    private(set) var decided: [CommandID: CommitReference]
    /// Whether ``decided`` holds every command that ever made a commit on the stream.
    let knowsAllCommands: Bool
    /// Commands whose commit is in flight.
    private(set) var inFlight: [CommandID: CommitSequence] = [:]
    /// Acknowledged commits that the state store does not have yet, oldest first.
    private(set) var unsaved: [CommitReference] = []

    init(_ stored: StoredStream?, _ decider: StreamDecider) throws {
        let state = try stored.map { try decider.decode($0.state) } ?? decider.initial
        settled = (state, stored?.version ?? .none)
        speculative = settled
        decided = [:]
        for commit in stored?.recent ?? [] { decided[commit.commandID] = commit }
        knowsAllCommands = stored?.isRecentComplete ?? true
    }

    var isIdle: Bool { inFlight.isEmpty && unsaved.isEmpty }

    mutating func propose(_ command: CommandID, _ sequence: CommitSequence, _ state: StreamState, _ version: StreamVersion) {
        inFlight[command] = sequence
        speculative = (state, version)
    }

    /// The oldest commit in flight has landed.
    mutating func settle(_ commit: CommitReference, _ state: StreamState) {
        inFlight[commit.commandID] = nil
        settled = (state, commit.lastVersion)
        decided[commit.commandID] = commit
        unsaved.append(commit)
    }

    /// Nothing that was in flight has landed.
    mutating func rollBack() {
        inFlight = [:]
        speculative = settled
    }

    mutating func learn(_ commit: CommitReference) { decided[commit.commandID] = commit }

    mutating func saved(_ count: Int) { unsaved.removeFirst(count) }
}
