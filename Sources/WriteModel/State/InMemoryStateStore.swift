public import EventLog
public import EventModel
import Synchronization

/// A state store in memory: the port's twin for tests.
public final class InMemoryStateStore: StateStore {
    private struct Stream {
        var version: StreamVersion
        var state: Bytes
        var commits: [CommitReference]
    }

    private struct Contents {
        var position = ChainPosition.beginning
        var streams: [StreamID: Stream] = [:]
    }

    private let contents = Mutex(Contents())

    public init() {}

    public func position() async -> ChainPosition { contents.withLock { $0.position } }

    public func reset() async { contents.withLock { $0 = Contents() } }

    public func streams(_ ids: [StreamID]) async -> [StreamID: StoredStream] {
        contents.withLock { contents in
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

    public func commit(of command: CommandID, on stream: StreamID) async -> CommitReference? {
        contents.withLock { $0.streams[stream]?.commits.first { $0.commandID == command } }
    }

    public func commits(of stream: StreamID, from version: StreamVersion, limit: Int) async -> [CommitReference] {
        contents.withLock { Array(($0.streams[stream]?.commits ?? []).drop { $0.lastVersion < version }.prefix(limit)) }
    }

    public func save(_ batch: StateBatch) async {
        contents.withLock { contents in
            for stream in batch.streams {
                contents.streams[stream.id, default: Stream(version: .none, state: [], commits: [])].commits += stream.commits
                contents.streams[stream.id]?.version = stream.version
                contents.streams[stream.id]?.state = stream.state
            }
            contents.position = batch.position
        }
    }
}

/// Keeps state stores in memory, by partition; they outlive their users, as files do.
public final class InMemoryStateStores: StateStoreProvider {
    private let stores = Mutex<[String: InMemoryStateStore]>([:])

    public init() {}

    public func open(_ partition: TopicPartition, foldVersion: String) async -> any StateStore {
        stores.withLock { stores in
            let name = "\(partition) \(foldVersion)"
            if let store = stores[name] { return store }
            let store = InMemoryStateStore()
            stores[name] = store
            return store
        }
    }
}
