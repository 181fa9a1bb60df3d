import Dispatch
public import EventLog
public import EventModel
import Foundation
import GRDB
public import Logging
public import ReadModel
import SQLiteSupport
import Synchronization

/// Read models in one SQLite file, which other programs may open while it is written.
///
/// The file is in WAL mode: readers never wait for the writer nor it for them, and a copy is made with `VACUUM INTO` or SQLite's backup
/// (a plain copy needs the `-wal` file beside it). `synchronous` is `NORMAL`: a power failure may lose the last transactions but tears
/// none, and since rows and position move in one transaction, what was lost is folded again from the log.
///
/// Tables: a generation's rows are in `order_summary_g3`, with times as microseconds since 1970 (exact, and ordered as times are); the
/// view `order_summary` shows the live generation, with times as RFC 3339 texts. The tables `highwater_…` are the engine's own.
///
/// Nothing here runs on the cooperative pool: GRDB gives each connection a queue of its own.
public final class SQLiteReadModelStore: ReadModelStore {
    public let name = "sqlite"
    /// That of the file as it was opened last: a copy elsewhere is another database.
    public var identity: String? { current.withLock { $0.identity }.map { "sqlite\($0)" } }
    let path: String
    /// The clock of leases and holds: all who open the file are on one machine.
    let now: @Sendable () -> Timestamp
    let logger: Logger?
    /// The file as it was opened last.
    let current: Mutex<OpenReadModel>
    /// Since when the file cannot be read, as far as it was looked at; nil where it can.
    let troubleSince = Mutex<Timestamp?>(nil)
    /// Opens the file again, once for all callers that need it.
    let reopening = DispatchQueue(label: "highwater.read-model.opening")
    /// Read schemas by their texts.
    let schemas = Mutex<[String: TableSchema]>([:])
    /// What is written for each batch is put together once a generation.
    private let tables = Mutex<[TableKey: SQLiteTable]>([:])

    /// The number alone is that of another generation in a file that was put in this one's place.
    private struct TableKey: Hashable {
        let schema: TableSchema
        let number: Int
    }

    func table(of generation: Generation) -> SQLiteTable {
        let key = TableKey(schema: generation.schema, number: generation.number)
        if let known = tables.withLock({ $0[key] }) { return known }
        let table = SQLiteTable(generation)
        tables.withLock { $0[key] = table }
        return table
    }

    private init(_ file: OpenReadModel, path: String, now: @escaping @Sendable () -> Timestamp, logger: Logger?) {
        current = Mutex(file)
        self.path = path
        self.now = now
        self.logger = logger
    }

    /// Opens the file, making it and its folder where they do not exist, and brings the engine's tables up to date.
    ///
    /// - Parameter readOnly: for those that only look: nothing is made or changed, and whatever would be fails with `storage`. SQLite itself may
    ///   put its `-wal` and `-shm` beside the file.
    /// - Throws: ``ReadModelError`` `storage` where it cannot be written, `incompatibleLayout` where it is no database, or a newer one; read only,
    ///   `unavailable` where there is no read model, `incompatibleLayout` where it is an older one.
    public static func open(
        path: String, readOnly: Bool = false, now: @escaping @Sendable () -> Timestamp = EngineEnvironment.system.now, logger: Logger? = nil
    ) async throws -> SQLiteReadModelStore {
        SQLiteReadModelStore(try await onQueue { try OpenReadModel(path, readOnly: readOnly) }, path: path, now: now, logger: logger)
    }

    /// Gives the file up; no call may follow.
    public func close() async {
        try? await Self.onQueue { [self] in try current.withLock { $0 }.close() }
    }

    deinit {
        let file = current.withLock { $0 }
        // Its connections would be closed with their last reference.
        if file.files?.mayBeClosed == false { try? file.close() }
    }

    /// Runs blocking work off the cooperative pool.
    static func onQueue<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await run(on: DispatchQueue.global(qos: .userInitiated), work)
    }

    static func run<Result: Sendable>(on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }

    /// Sets how large the file may grow, in pages of 4096 bytes; beyond it the disk is as good as full.
    package func limitPages(to pages: Int) async throws {
        try await opened().pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }

    // MARK: Generations

    public func generations(of projection: String) async throws -> [Generation] {
        try await read("read the generations of '\(projection)'") { db in try self.generations(db, projection) }
    }

    public func createGeneration(
        _ schema: TableSchema, topic: Topic, partitions: Int, purpose: GenerationPurpose
    ) async throws -> Generation {
        let name = schema.projection.name
        return try await write("make a generation of '\(name)'") { db in
            var lease: BuildLease?
            let existing = try self.generations(db, name)
            switch purpose {
            case .first:
                if let live = existing.first(where: { $0.state == .live }) { return live }
            case .rebuild(let builder, let duration):
                lease = self.lease(builder, for: duration)
                for other in existing where other.state == .building {
                    if let held = other.lease, !held.isOver { throw ReadModelError.rebuilt(name, by: held) }
                    try self.remove(db, other)
                }
            }
            try db.execute(
                sql: """
                    INSERT INTO highwater_projections (name, last_generation) VALUES (?, 1)
                    ON CONFLICT (name) DO UPDATE SET last_generation = last_generation + 1
                    """, arguments: [name])
            let number =
                try Int.fetchOne(db, sql: "SELECT last_generation FROM highwater_projections WHERE name = ?", arguments: [name]) ?? 1
            let generation = Generation(
                schema: schema, topic: topic, number: number, state: purpose == .first ? .live : .building, partitions: partitions,
                lease: lease)
            try self.insert(db, generation)
            let table = SQLiteTable(generation)
            try db.execute(sql: table.create)
            if purpose == .first {
                try table.createIndexes(db)
                try table.createView(db)
            }
            return generation
        }
    }

    public func renew(_ builder: String, for duration: Duration, on generation: Generation) async throws -> Bool {
        try await lease(generation, to: builder, for: duration, isFilled: false)
    }

    public func markReady(_ generation: Generation, keptBy builder: String, for duration: Duration) async throws -> Bool {
        try await lease(generation, to: builder, for: duration, isFilled: true)
    }

    private func lease(_ generation: Generation, to builder: String, for duration: Duration, isFilled: Bool) async throws -> Bool {
        try await write("renew the lease of \(generation)") { db in
            guard let found = try self.find(db, generation), found.state != .live else { return false }
            if let held = found.lease, held.builder != builder, !held.isOver { return false }
            try db.execute(
                sql: """
                    UPDATE highwater_generations SET lease_builder = ?, lease_expires = ?,
                      state = CASE WHEN ? AND state = 'building' THEN 'ready' ELSE state END
                    WHERE projection = ? AND number = ?
                    """,
                arguments: [
                    builder, self.lease(builder, for: duration).expires.microseconds, isFilled, generation.schema.projection.name,
                    generation.number,
                ])
            return true
        }
    }

    private func lease(_ builder: String, for duration: Duration) -> BuildLease {
        let now = now()
        return BuildLease(builder: builder, expires: now.advanced(by: min(duration, BuildLease.longest)), now: now)
    }

    public func dropAbandoned(of projection: String) async throws -> [Int] {
        try await write("drop abandoned generations of '\(projection)'") { db in
            let abandoned = try self.generations(db, projection).filter(\.isAbandoned)
            for generation in abandoned { try self.remove(db, generation) }
            return abandoned.map(\.number)
        }
    }

    public func finish(_ generation: Generation) async throws {
        try await write("finish \(generation)") { db in
            try db.execute(
                sql: """
                    UPDATE highwater_generations SET lease_builder = NULL, lease_expires = NULL,
                      state = CASE state WHEN 'building' THEN 'ready' ELSE state END
                    WHERE projection = ? AND number = ? AND state <> 'live'
                    """, arguments: [generation.schema.projection.name, generation.number])
        }
    }

    public func activate(_ generation: Generation, evenIfBehind: Bool) async throws -> Bool {
        let name = generation.schema.projection.name
        return try await write("make \(generation) live") { db in
            let all = try self.generations(db, name)
            guard let mine = all.first(where: { $0.number == generation.number }) else { return false }
            if mine.state == .live { return true }
            if let live = all.first(where: { $0.state == .live }) {
                let stands = try self.positions(db, mine)
                let isBehind = try self.positions(db, live).contains { $1.offset > (stands[$0]?.offset ?? Offset(-1)) }
                guard evenIfBehind || !isBehind else { return false }
            }
            try db.execute(
                sql: "UPDATE highwater_generations SET state = 'retired', held_until = NULL WHERE projection = ? AND state = 'live'",
                arguments: [name])
            try db.execute(
                sql: """
                    UPDATE highwater_generations SET state = 'live', lease_builder = NULL, lease_expires = NULL
                    WHERE projection = ? AND number = ?
                    """, arguments: [name, generation.number])
            let table = SQLiteTable(mine)
            try table.createIndexes(db)
            try table.createView(db)
            return true
        }
    }

    public func hold(_ generation: Generation, for duration: Duration?) async throws {
        try await write("hold \(generation)") { db in
            try db.execute(
                sql: "UPDATE highwater_generations SET held_until = ? WHERE projection = ? AND number = ? AND state = 'live'",
                arguments: [
                    duration.map { self.now().advanced(by: $0).microseconds }, generation.schema.projection.name, generation.number,
                ])
        }
    }

    public func drop(_ generation: Generation) async throws {
        try await write("drop \(generation)") { db in
            let now = try self.generations(db, generation.schema.projection.name).first { $0.number == generation.number }
            if let now, now.state != .live { try self.remove(db, now) }
        }
    }
}
