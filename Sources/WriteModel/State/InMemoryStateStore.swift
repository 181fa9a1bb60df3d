public import EventLog
public import EventModel
import Synchronization

/// A state store in memory: the port's twin for tests.
public final class InMemoryStateStore: StateStore {
    private let contents: InMemoryStateContents
    private let opening: Int

    public convenience init() { self.init(InMemoryStateContents()) }

    fileprivate init(_ contents: InMemoryStateContents) {
        self.contents = contents
        opening = contents.open()
    }

    public func position() async throws(StateStoreError) -> ChainPosition { try contents.use(opening) { $0.position } }

    public func reset() async throws(StateStoreError) { try contents.use(opening) { $0 = .init() } }

    public func streams(_ ids: [StreamID]) async throws(StateStoreError) -> [StreamID: StoredStream] {
        try contents.use(opening) { contents in
            var found: [StreamID: StoredStream] = [:]
            for id in ids {
                guard let stream = contents.streams[id] else { continue }
                found[id] = StoredStream(
                    version: stream.version, state: stream.state, recent: stream.commits.suffix(StoredStream.recentLimit),
                    isRecentComplete: stream.commits.count <= StoredStream.recentLimit)
            }
            return found
        }
    }

    public func commit(of command: CommandID, on stream: StreamID) async throws(StateStoreError) -> CommitReference? {
        try contents.use(opening) { $0.streams[stream]?.commits.first { $0.commandID == command } }
    }

    public func commits(of stream: StreamID, from version: StreamVersion, limit: Int) async throws(StateStoreError) -> [CommitReference] {
        try contents.use(opening) { contents in
            Array((contents.streams[stream]?.commits ?? []).drop { $0.lastVersion < version }.prefix(max(0, limit)))
        }
    }

    public func save(_ batch: StateBatch) async throws(StateStoreError) {
        try contents.use(opening) { contents in
            for saved in batch.streams {
                var stream = contents.streams[saved.id] ?? .init(version: .none, state: [], commits: [])
                let last = stream.commits.last?.lastVersion ?? .none
                stream.commits += saved.commits.drop { $0.firstVersion <= last }
                stream.version = saved.version
                stream.state = saved.state
                contents.streams[saved.id] = stream
            }
            contents.position = batch.position
        }
    }
}

/// Keeps state stores in memory, by partition; they outlive their users, as files do.
public final class InMemoryStateStores: StateStoreProvider {
    private struct Kept {
        let foldVersion: String
        let contents: InMemoryStateContents
    }

    private let stores = Mutex<[TopicPartition: Kept]>([:])

    public init() {}

    public func open(_ partition: TopicPartition, foldVersion: String) async -> any StateStore {
        stores.withLock { stores in
            if let kept = stores[partition], kept.foldVersion == foldVersion { return InMemoryStateStore(kept.contents) }
            let contents = InMemoryStateContents()
            stores[partition] = Kept(foldVersion: foldVersion, contents: contents)
            return InMemoryStateStore(contents)
        }
    }
}

/// What a store in memory holds, and for which of its openings.
private final class InMemoryStateContents: Sendable {
    struct Stream {
        var version: StreamVersion
        var state: Bytes
        var commits: [CommitReference]
    }

    struct Contents {
        var position = ChainPosition.beginning
        var streams: [StreamID: Stream] = [:]
    }

    private let shared = Mutex((opening: 0, contents: Contents()))

    func open() -> Int {
        shared.withLock { shared in
            shared.opening += 1
            return shared.opening
        }
    }

    func use<Answer>(_ opening: Int, _ body: (inout Contents) -> Answer) throws(StateStoreError) -> Answer {
        let answer = shared.withLock { shared in shared.opening == opening ? body(&shared.contents) : nil }
        guard let answer else { throw StateStoreError(.superseded, "the state store has been opened again since") }
        return answer
    }
}
