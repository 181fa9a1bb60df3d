import Dispatch
public import EventLog
public import EventModel
import GRDB
import Synchronization
public import WriteModel

/// One partition's state store in an SQLite file. Opened by ``SQLiteStateStores``.
public final class SQLiteStateStore: StateStore {
    private let current: Mutex<StateFile>
    private let queue: DispatchQueue
    private let filter = StreamFilter()

    init(_ file: StateFile, queue: DispatchQueue) {
        current = Mutex(file)
        self.queue = queue
        // On the reader's queue, so whoever opens the store does not wait for it.
        file.reader.asyncRead { [filter] access in
            // Where the file cannot be read, every lookup meets that itself.
            guard let db = try? access.get(), (try? StateQueries(opening: file.opening).enterStreams(into: filter, db)) != nil else {
                return
            }
            filter.complete()
        }
    }

    deinit {
        let file = current.withLock { $0 }
        queue.async { file.close() }
    }

    public func position() async throws -> ChainPosition {
        try await read { db, queries in try queries.position(db) }
    }

    public func streams(_ ids: [StreamID]) async throws -> [StreamID: StoredStream] {
        guard !ids.isEmpty else { return [:] }
        return try await read { db, queries in try queries.streams(ids, in: db) }
    }

    public func mayHold(_ stream: StreamID) -> Bool { filter.mayContain(stream.description) }

    public func commit(of command: CommandID, on stream: StreamID) async throws -> CommitReference? {
        try await read { db, queries in try queries.commit(of: command, on: stream, in: db) }
    }

    public func commits(of stream: StreamID, from version: StreamVersion, limit: Int) async throws -> [CommitReference] {
        guard limit > 0 else { return [] }
        return try await read { db, queries in try queries.commits(of: stream, from: version, limit: limit, in: db) }
    }

    public func save(_ batch: StateBatch) async throws {
        filter.insert(batch.streams.lazy.map(\.id.description))
        try await write("save a batch to") { db, queries in try queries.save(batch, in: db) }
    }

    /// Forgets everything; a damaged file is made anew.
    public func reset() async throws {
        do {
            try await write("reset") { db, queries in try queries.clear(db) }
        } catch let error as StateStoreError where error.code == .damaged {
            let damaged = current.withLock { $0 }
            let fresh = try await queue.run {
                damaged.close()
                try StateFile.discard(damaged.place, because: error.description)
                return try StateFile.open(damaged.place)
            }
            current.withLock { $0 = fresh }
        }
    }

    /// Reads within one snapshot.
    private func read<Answer: Sendable>(_ body: @Sendable (Database, StateQueries) throws -> Answer) async throws -> Answer {
        let file = current.withLock { $0 }
        do {
            return try await file.reader.unsafeRead { db in
                let queries = StateQueries(opening: file.opening)
                try db.cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
                do {
                    try queries.checkOpening(db)
                    let answer = try body(db, queries)
                    // Afterwards: what was read from a file that has been overwritten meanwhile may be of its new content.
                    try file.checkFiles(on: db)
                    try db.cachedStatement(sql: "COMMIT TRANSACTION").execute()
                    return answer
                } catch {
                    if db.isInsideTransaction { try? db.rollback() }
                    try file.checkFiles(on: db)
                    throw error
                }
            }
        } catch {
            throw StateStoreError.from(error, doing: "read", file.place)
        }
    }

    private func write(_ action: String, _ body: @Sendable (Database, StateQueries) throws -> Void) async throws {
        let file = current.withLock { $0 }
        do {
            try await file.writer.writeWithoutTransaction { db in
                do {
                    try db.inTransaction(.immediate) {
                        let queries = StateQueries(opening: file.opening)
                        try queries.checkOpening(db)
                        try body(db, queries)
                        try file.checkFiles(on: db)
                        return .commit
                    }
                } catch {
                    // Whatever a file that was replaced or overwritten says, that comes first.
                    try file.checkFiles(on: db)
                    throw error
                }
            }
        } catch {
            throw StateStoreError.from(error, doing: action, file.place)
        }
    }
}
