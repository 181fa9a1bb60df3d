public import EventLog
import Logging
public import ReadModel
import Synchronization

extension PostgresReadModelStore {
    public func positions(of generation: Generation) async throws -> [Partition: ChainPosition] {
        try await perform("read the positions of \(generation)") { [catalog] session, _ in
            catalog.positions(try session.run([catalog.positions(generation)])[0])
        }
    }

    public func rows(in generation: Generation, keys: [Partition: [String]]) async throws -> [Partition: [StoredRow]] {
        let partitions = keys.keys.sorted()
        return try await perform("read rows of \(generation)") { [catalog] session, attempt in
            let table = try PostgresTable(generation, catalog)
            let statements = partitions.map { partition in
                table.select((keys[partition] ?? []).filter { !$0.hasNUL }, partition, generation)
            }
            do {
                let results = try session.run(statements)
                return Dictionary(uniqueKeysWithValues: try zip(partitions, results).map { ($0, try table.stored($1)) })
            } catch let error as PostgresError where error.sqlState == .undefinedTable {
                return [:]
            }
        }
    }

    public func apply(_ batch: [PartitionWrite], to generation: Generation) async throws -> Bool {
        for write in batch {
            for row in write.upserts { try row.checkTexts(generation.schema) }
        }
        let moves = batch.map(\.move)
        return try await perform("write rows of \(generation)") { [catalog, logger] session, attempt in
            let table = try PostgresTable(generation, catalog)
            let statements = catalog.move(moves, of: generation) + [table.upsert(batch), table.delete(batch)].compactMap { $0 }
            while true {
                do {
                    try session.run(statements)
                    return true
                } catch let error as PostgresError where error.sqlState == .fenced {
                    return try attempt.isAfterLoss && Self.haveMoved(moves, of: generation, session, catalog)
                } catch let error as PostgresError where error.sqlState == .keptElsewhere {
                    throw ReadModelError.keptElsewhere(error.detail ?? "", generation.schema)
                } catch let error as PostgresError where error.sqlState == .cardinalityViolation {
                    throw ReadModelError.keptElsewhere(Self.repeatedKey(batch), generation.schema)
                } catch let error as PostgresError where error.sqlState == .programLimitExceeded {
                    guard try Self.shortenIndexes(error.constraint, table, session, catalog) else { throw error }
                    logger.warning(
                        "a text is too long for the index on its column, which leaves out long ones from now on",
                        metadata: ["generation": "\(generation)"])
                }
            }
        }
    }

    public func load(_ rows: any KeyOrderedRows, moving: [PositionMove], into generation: Generation) async throws -> Bool {
        let what = "load rows into \(generation)"
        let watched = WatchedRows(rows)
        do {
            return try await perform(what, within: .long) { [catalog] session, _ in
                do {
                    try Self.load(watched, moving, into: generation, session, catalog)
                    return true
                } catch let error as PostgresError where error.sqlState == .fenced || error.sqlState == .undefinedTable {
                    return false
                } catch let error as PostgresError where watched.areTaken {
                    // The rows are used up, so that it cannot be repeated.
                    throw Interrupted(error: error)
                }
            }
        } catch let interrupted as Interrupted {
            // But it may have been done.
            if interrupted.error.isConnectionLoss {
                pool.discardIdle()
                let isDone = try await perform(what) { [catalog] session, _ in
                    try Self.haveMoved(moving, of: generation, session, catalog)
                }
                if isDone { return true }
            }
            throw readModelError(what, pool.settings, interrupted.error)
        }
    }

    /// A load whose rows had been begun.
    private struct Interrupted: Error {
        let error: PostgresError
    }

    /// In one transaction. Where the generation has no rows yet, which nobody then reads, its table is emptied and filled without indexes
    /// and with rows that are frozen from the start; the indexes are built over the whole. A crash leaves it as empty as it was. (1,000,000
    /// rows of six columns took 0.9 s so, 1.6 s without freezing, and 1.9 s with the primary key from the start.)
    private static func load(
        _ rows: any KeyOrderedRows, _ moves: [PositionMove], into generation: Generation, _ session: PostgresSession,
        _ catalog: PostgresCatalog
    ) throws {
        let table = try PostgresTable(generation, catalog)
        try session.transaction("BEGIN ISOLATION LEVEL READ COMMITTED") {
            // Positions are moved, and locked, at the end: so that a rebuild that hangs holds up nobody who takes its generation away.
            try session.script(takesLong)
            try session.run([catalog.lockForLoad(generation), catalog.check(moves, of: generation)])
            let isLive =
                try session.run(
                    "SELECT state = 'live' FROM \(catalog.schema).generations WHERE projection = $1 AND number = $2",
                    catalog.key(generation)
                ).number(0, 0) != 0
            var isFresh = false
            if !isLive {
                try session.script("LOCK TABLE \(table.name) IN ACCESS EXCLUSIVE MODE")
                isFresh = try session.run("SELECT NOT EXISTS (SELECT FROM \(table.name))").number(0, 0) != 0
            }
            if isFresh { try session.script("TRUNCATE \(table.name); \(try table.dropPrimaryKey())") }
            do {
                try copy(rows, into: table, frozen: isFresh, session)
                if isFresh { try session.script(try table.addPrimaryKey()) }
            } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                throw ReadModelError.keptElsewhere(error.duplicateKey ?? "(unknown)", generation.schema)
            }
            for index in try table.createIndexes() {
                try session.script(index)
            }
            // Fresh figures for the planner, which else knows nothing of the table.
            try session.script("ANALYZE \(table.name)")
            try session.run(catalog.move(moves, of: generation))
        }
    }

    private static let chunk = 1 << 17

    private static func copy(_ rows: any KeyOrderedRows, into table: PostgresTable, frozen: Bool, _ session: PostgresSession) throws {
        try session.copyIn(table.copy(frozen: frozen)) { buffer in
            buffer.reserve(chunk + chunk / 4)
            while buffer.count < chunk {
                let next = try rows.next()
                if next.isEmpty { return false }
                for row in next {
                    try row.row.checkTexts(table.schema)
                    table.append(row, to: &buffer)
                }
            }
            return true
        }
    }

    /// Whether these positions were brought to where the moves lead, once nobody is moving them any more.
    private static func haveMoved(
        _ moves: [PositionMove], of generation: Generation, _ session: PostgresSession, _ catalog: PostgresCatalog
    ) throws -> Bool {
        let stored = catalog.positions(try session.run([catalog.settledPositions(moves, of: generation)])[0])
        return moves.allSatisfy { stored[$0.partition] == $0.new }
    }

    private static func repeatedKey(_ batch: [PartitionWrite]) -> String {
        var seen: Set<[UInt8]> = []
        for write in batch {
            for row in write.upserts where !seen.insert(Array(row.key.utf8)).inserted { return row.key }
        }
        return "(unknown)"
    }

    /// Makes the indexes hold less that a text was too long for: the one that the server names, or else all on texts. False where that is no
    /// help, as with a key.
    private static func shortenIndexes(
        _ index: String?, _ table: PostgresTable, _ session: PostgresSession, _ catalog: PostgresCatalog
    ) throws -> Bool {
        try session.takingLong {
            try session.transaction {
                try session.script(takesLong)
                let found = try session.run(
                    "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = $2 ORDER BY 1",
                    [.text(catalog.name), .text(table.bareName)])
                var isShorter = false
                for row in 0..<found.count where index == nil || found.text(row, 0) == index {
                    for statement in try table.shortenIndex(found.text(row, 0), definition: found.text(row, 1)) ?? [] {
                        try session.script(statement)
                        isShorter = true
                    }
                }
                return isShorter
            }
        }
    }
}

/// Rows of which it is known whether any were asked for.
private final class WatchedRows: KeyOrderedRows {
    private let rows: any KeyOrderedRows
    private let taken = Atomic(false)

    init(_ rows: any KeyOrderedRows) { self.rows = rows }

    var areTaken: Bool { taken.load(ordering: .relaxed) }

    func next() throws -> [PartitionRow] {
        taken.store(true, ordering: .relaxed)
        return try rows.next()
    }
}

extension SQLState {
    /// `ON CONFLICT DO UPDATE` met a key twice.
    fileprivate static let cardinalityViolation = SQLState(rawValue: "21000")
}

extension PostgresError {
    /// The key in the server's `Key (account_id)=(42) already exists.`
    fileprivate var duplicateKey: String? {
        guard let detail, let start = detail.firstRange(of: ")=("), let end = detail[start.upperBound...].lastIndex(of: ")") else {
            return nil
        }
        return String(detail[start.upperBound..<end])
    }
}
