import GRDB
import ReadModel

/// The engine's own tables, versioned and upgraded in place.
enum SQLiteLayout {
    /// Each step brings the layout from its index to the next; a released step never changes.
    static let steps = [
        """
        CREATE TABLE highwater_projections (
          name TEXT PRIMARY KEY,
          last_generation INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE highwater_generations (
          projection TEXT NOT NULL,
          number INTEGER NOT NULL,
          state TEXT NOT NULL,
          version INTEGER NOT NULL,
          topic TEXT NOT NULL,
          partitions INTEGER NOT NULL,
          schema TEXT NOT NULL,
          lease_builder TEXT,
          lease_expires INTEGER,
          held_until INTEGER,
          PRIMARY KEY (projection, number)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX highwater_one_live ON highwater_generations (projection) WHERE state = 'live';
        CREATE TABLE highwater_positions (
          projection TEXT NOT NULL,
          generation INTEGER NOT NULL,
          partition INTEGER NOT NULL,
          record_offset INTEGER NOT NULL,
          epoch INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          PRIMARY KEY (projection, generation, partition)
        ) WITHOUT ROWID;
        """,
        """
        CREATE TABLE highwater_identity (
          value TEXT NOT NULL,
          host TEXT NOT NULL,
          device INTEGER NOT NULL,
          file INTEGER NOT NULL
        );
        """,
    ]

    /// To be called within a transaction, so that an upgrade happens whole or not at all.
    ///
    /// - Throws: `incompatibleLayout` where the file's layout is newer than this program's.
    static func migrate(_ db: Database, path: String, steps: [String] = steps) throws {
        try db.execute(sql: "CREATE TABLE IF NOT EXISTS highwater_layout (version INTEGER NOT NULL)")
        let version = try version(db, path: path, steps: steps)
        guard version < steps.count else { return }
        for step in steps[version...] { try db.execute(sql: step) }
        try db.execute(sql: "DELETE FROM highwater_layout")
        try db.execute(sql: "INSERT INTO highwater_layout VALUES (?)", arguments: [steps.count])
    }

    /// What ``migrate(_:path:steps:)`` leaves behind, for those that change nothing.
    ///
    /// - Throws: `unavailable` where there is no layout at all, `incompatibleLayout` where it is older or newer than this program's.
    static func check(_ db: Database, path: String, steps: [String] = steps) throws {
        let version = try db.tableExists("highwater_layout") ? version(db, path: path, steps: steps) : 0
        guard version > 0 else { throw missing(path) }
        guard version == steps.count else {
            throw ReadModelError(
                .incompatibleLayout,
                "\(path) has layout \(version) and this program has \(steps.count): let `up` or `project` of this program bring it up to date"
            )
        }
    }

    static func missing(_ path: String) -> ReadModelError {
        ReadModelError(
            .unavailable, "there is no read model at '\(path)'; name another place, or start `up` or `project` first, which make it")
    }

    /// 0 where no step was taken yet.
    private static func version(_ db: Database, path: String, steps: [String]) throws -> Int {
        let version = try Int.fetchOne(db, sql: "SELECT version FROM highwater_layout") ?? 0
        guard version <= steps.count else {
            throw ReadModelError(
                .incompatibleLayout,
                "\(path) has layout \(version) and this program knows up to \(steps.count): use the newer program, or another file")
        }
        return version
    }
}
