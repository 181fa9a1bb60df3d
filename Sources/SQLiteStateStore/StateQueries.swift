import EventLog
import EventModel
import Foundation
import GRDB
import WriteModel

/// The statements on a state store's tables, each prepared once per connection. For use within a transaction.
///
/// Columns are read with `decode`, which throws where a damaged file holds something else; a row's subscript traps.
struct StateQueries {
    let opening: Int64

    /// - Throws: `superseded` where the file has been opened again since.
    func checkOpening(_ db: Database) throws {
        guard try Int64.fetchOne(try db.cachedStatement(sql: "SELECT opening FROM meta")) == opening else {
            throw StateStoreError(
                .superseded, "the state store has been opened again since, here or by another process; open it anew to use it")
        }
    }

    func position(_ db: Database) throws -> ChainPosition {
        let row = try Row.fetchOne(try db.cachedStatement(sql: #"SELECT "offset", epoch, sequence FROM meta"#))
        guard let row else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the meta table is empty") }
        return ChainPosition(
            offset: Offset(try row.decode(Int64.self, atIndex: 0)),
            chain: ChainRule(
                epoch: Epoch(try row.decode(Int64.self, atIndex: 1)), sequence: CommitSequence(try row.decode(Int64.self, atIndex: 2))))
    }

    func streams(_ ids: [StreamID], in db: Database) throws -> [StreamID: StoredStream] {
        let statement = try db.cachedStatement(sql: "SELECT id, version, state FROM streams WHERE name = ?")
        var found: [StreamID: StoredStream] = [:]
        for id in ids where found[id] == nil {
            statement.setUncheckedArguments([id.description])
            let row = try Row.fetchCursor(statement)
                .map {
                    (id: try $0.decode(Int64.self, atIndex: 0), version: try $0.decode(Int64.self, atIndex: 1), state: try bytes($0, 2))
                }
                .next()
            guard let row else { continue }
            let newest = try newestCommits(of: row.id, limit: StoredStream.recentLimit + 1, in: db)
            found[id] = StoredStream(
                version: StreamVersion(row.version), state: row.state, recent: newest.prefix(StoredStream.recentLimit).reversed(),
                isRecentComplete: newest.count <= StoredStream.recentLimit)
        }
        return found
    }

    /// Reads the names, for which the index on them is enough.
    func enterStreams(into filter: StreamFilter, _ db: Database) throws {
        try checkOpening(db)
        let names = try String.fetchCursor(try db.cachedStatement(sql: "SELECT name FROM streams"))
        var isDone = false
        while !isDone {
            var some: [String] = []
            while some.count < 4096, let name = try names.next() { some.append(name) }
            isDone = some.count < 4096
            filter.insert(some)
        }
    }

    /// Names its index: left to choose, SQLite may read all of the stream's commits instead.
    func commit(of command: CommandID, on stream: StreamID, in db: Database) throws -> CommitReference? {
        try commits(
            """
            SELECT "offset", first_version, events, command_id, digest FROM commits INDEXED BY commits_by_command
            WHERE stream = (SELECT id FROM streams WHERE name = ?) AND command_id = ? LIMIT 1
            """, [stream.description, command.description], in: db
        ).first
    }

    /// Begins at the commit with the largest first version up to `version`, and leaves it out where it ends before.
    func commits(of stream: StreamID, from version: StreamVersion, limit: Int, in db: Database) throws -> [CommitReference] {
        let stream = try Int64.fetchOne(
            try db.cachedStatement(sql: "SELECT id FROM streams WHERE name = ?"), arguments: [stream.description])
        guard let stream else { return [] }
        return try commits(
            """
            SELECT "offset", first_version, events, command_id, digest FROM commits
            WHERE stream = ?1 AND first_version + (events - 1) >= ?2
                AND first_version >= coalesce((SELECT max(first_version) FROM commits WHERE stream = ?1 AND first_version <= ?2), 0)
            ORDER BY first_version LIMIT ?3
            """, [stream, version.rawValue, limit], in: db)
    }

    func save(_ batch: StateBatch, in db: Database) throws {
        try db.cachedStatement(sql: #"UPDATE meta SET "offset" = ?, epoch = ?, sequence = ?"#).execute(arguments: [
            batch.position.offset.rawValue, batch.position.chain.epoch.rawValue, batch.position.chain.sequence.rawValue,
        ])
        var saveStream = try BulkStatement(
            db,
            """
            INSERT INTO streams (name, version, state) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = excluded.state
            RETURNING id
            """)
        var saveCommit = try BulkStatement(
            db,
            """
            INSERT OR REPLACE INTO commits (stream, first_version, events, "offset", command_id, digest)
            VALUES (?, ?, ?, ?, ?, ?)
            """)
        // In the order of the index on names, so that many streams touch each of its pages once.
        for (name, stream) in batch.streams.map({ ($0.id.description, $0) }).sorted(by: { $0.0 < $1.0 }) {
            saveStream.bind(1, name)
            saveStream.bind(2, stream.version.rawValue)
            saveStream.bind(3, stream.state)
            let id = try saveStream.run() ?? 0
            for commit in stream.commits {
                saveCommit.bind(1, id)
                saveCommit.bind(2, commit.firstVersion.rawValue)
                saveCommit.bind(3, Int64(commit.events))
                saveCommit.bind(4, commit.offset.rawValue)
                saveCommit.bind(5, commit.commandID.description)
                saveCommit.bind(6, commit.commandDigest.storedBytes)
                try saveCommit.run()
            }
        }
    }

    func clear(_ db: Database) throws {
        let beginning = ChainPosition.beginning
        try db.execute(sql: "DELETE FROM commits; DELETE FROM streams")
        try save(StateBatch(position: beginning, streams: []), in: db)
    }

    private func newestCommits(of stream: Int64, limit: Int, in db: Database) throws -> [CommitReference] {
        try commits(
            """
            SELECT "offset", first_version, events, command_id, digest FROM commits
            WHERE stream = ? ORDER BY first_version DESC LIMIT ?
            """, [stream, limit], in: db)
    }

    private func commits(_ sql: String, _ arguments: StatementArguments, in db: Database) throws -> [CommitReference] {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        return try Array(
            try Row.fetchCursor(statement).map { row in
                CommitReference(
                    offset: Offset(try row.decode(Int64.self, atIndex: 0)),
                    firstVersion: StreamVersion(try row.decode(Int64.self, atIndex: 1)), events: try row.decode(Int.self, atIndex: 2),
                    commandID: CommandID(trusted: try row.decode(String.self, atIndex: 3)),
                    commandDigest: CommandDigest(stored: try bytes(row, 4)))
            })
    }

    /// An empty blob may come back as NULL.
    private func bytes(_ row: Row, _ column: Int) throws -> Bytes {
        try row.withUnsafeData(atIndex: column) { Bytes($0 ?? Data()) }
    }
}
