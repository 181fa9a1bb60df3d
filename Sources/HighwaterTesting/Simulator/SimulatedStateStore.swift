import EventLog
import EventModel
import WriteModel

/// A host's state store: survives its crashes. It remembers few commands, so that older ones have to be looked up.
struct SimulatedStateStore {
    private struct Stream {
        var version = StreamVersion.none
        var state: Bytes = []
        var commits: [CommitReference] = []
    }

    static let recentLimit = 3

    private(set) var position = ChainPosition.beginning
    private var streams: [StreamID: Stream] = [:]

    func stream(_ id: StreamID) -> StoredStream? {
        streams[id].map { stream in
            StoredStream(
                version: stream.version, state: stream.state, recent: stream.commits.suffix(Self.recentLimit),
                isRecentComplete: stream.commits.count <= Self.recentLimit)
        }
    }

    func commit(of command: CommandID, on stream: StreamID) -> CommitReference? {
        streams[stream]?.commits.first { $0.commandID == command }
    }

    mutating func save(_ batch: StateBatch) throws(Violation) {
        guard batch.position.offset >= position.offset else {
            throw Violation("the state store at \(position) is set back to \(batch.position)")
        }
        for saved in batch.streams {
            var stream = streams[saved.id] ?? Stream()
            stream.commits += saved.commits
            stream.version = saved.version
            stream.state = saved.state
            streams[saved.id] = stream
        }
        position = batch.position
    }

    /// The state store must be the fold of the log at its position.
    func check(against log: borrowing SimulatedLog, _ ids: [StreamID]) throws(Violation) {
        if position != .beginning {
            guard let entry = log.entry(at: position.offset), entry.isValid, entry.chain == position.chain else {
                throw Violation("the state store is at \(position), which is not in the log")
            }
        }
        for id in ids {
            let history = log.history(of: id, through: position.offset)
            let stream = streams[id] ?? Stream()
            guard stream.version.rawValue == history.last?.state.count ?? 0 else {
                throw Violation(
                    "the state store at \(position) has \(id) at version \(stream.version), but the log has it at "
                        + "\(history.last?.state.count ?? 0)")
            }
            if let last = history.last, TallyDecider.state(stream.state) != last.state {
                throw Violation("the state store at \(position) has another state of \(id) than the log")
            }
            guard stream.commits.map(\.offset) == history.map(\.offset) else {
                throw Violation("the state store at \(position) has other commits of \(id) than the log")
            }
        }
    }
}
