import ReadModel

/// The engine's own tables, versioned and upgraded in place.
struct PostgresLayout: Sendable {
    /// Each step brings the layout from its index to the next; a released step never changes. Run with the engine's schema as search path.
    let steps: [String]

    static let current = PostgresLayout(steps: [
        """
        CREATE TABLE projections (
          name text COLLATE "C" PRIMARY KEY,
          last_generation integer NOT NULL,
          view_schema text NOT NULL
        );
        CREATE TABLE generations (
          projection text COLLATE "C" NOT NULL REFERENCES projections,
          number integer NOT NULL,
          state text NOT NULL,
          version bigint NOT NULL,
          topic text NOT NULL,
          partitions integer NOT NULL,
          schema text COLLATE "C" NOT NULL,
          lease_builder text COLLATE "C",
          lease_expires bigint,
          held_until bigint,
          PRIMARY KEY (projection, number)
        );
        CREATE UNIQUE INDEX one_live ON generations (projection) WHERE state = 'live';
        CREATE TABLE positions (
          projection text COLLATE "C" NOT NULL,
          generation integer NOT NULL,
          partition integer NOT NULL,
          record_offset bigint NOT NULL,
          epoch bigint NOT NULL,
          sequence bigint NOT NULL,
          PRIMARY KEY (projection, generation, partition)
        ) WITH (fillfactor = 50);
        CREATE TABLE discarded_tables (name text COLLATE "C" PRIMARY KEY);
        CREATE FUNCTION fence(holds boolean) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
          IF holds IS NOT TRUE THEN
            RAISE EXCEPTION 'the generation or its positions are not as expected' USING ERRCODE = 'HW001';
          END IF;
          RETURN true;
        END $$;
        CREATE FUNCTION kept_elsewhere(key text) RETURNS integer LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the key is kept by another partition' USING ERRCODE = 'HW002', DETAIL = key;
        END $$;
        """,
        """
        CREATE TABLE identity (value text NOT NULL);
        INSERT INTO identity SELECT left(md5(random()::text || clock_timestamp()::text), 8);
        """,
        """
        ALTER TABLE identity ADD COLUMN place text;
        """,
    ])

    /// Brings the schema up to date, in one transaction, one process at a time. Changes nothing, and needs no rights to, where it is.
    ///
    /// - Throws: `incompatibleLayout` where the layout is newer than this program's, or the database is not in UTF-8.
    func migrate(_ session: PostgresSession, _ catalog: PostgresCatalog) throws {
        try checkEncoding(session)
        if try version(session, catalog) == steps.count { return }
        try session.transaction {
            try session.run([catalog.lock("layout")])
            let version = try version(session, catalog)
            guard version < steps.count else { return }
            let schemas = try session.run("SELECT FROM pg_namespace WHERE nspname = $1", [.text(catalog.name)])
            if schemas.count == 0 {
                try session.run("CREATE SCHEMA \(catalog.schema)")
            }
            try session.run("SELECT set_config('search_path', $1, true)", [.text(catalog.schema)])
            try session.script("CREATE TABLE IF NOT EXISTS layout (version integer NOT NULL)")
            for step in steps[version...] { try session.script(step) }
            try session.script("DELETE FROM layout")
            try session.run("INSERT INTO \(catalog.schema).layout VALUES ($1)", [.integer(Int32(steps.count))])
        }
    }

    /// What ``migrate(_:_:)`` leaves behind, for those that change nothing.
    ///
    /// - Throws: `unavailable` where there is no layout at all, `incompatibleLayout` where it is older or newer than this program's, or the
    ///   database is not in UTF-8.
    func check(_ session: PostgresSession, _ catalog: PostgresCatalog) throws {
        try checkEncoding(session)
        let version = try version(session, catalog)
        let place = "\(session.settings.description), schema \(catalog.schema)"
        guard version > 0 else {
            throw ReadModelError(
                .unavailable,
                "there is no read model at \(place); name another place, or start `up` or `project` first, which make it")
        }
        guard version == steps.count else {
            throw ReadModelError(
                .incompatibleLayout,
                "\(place) has layout \(version) and this program has \(steps.count): let `up` or `project` of this program bring it up to date"
            )
        }
    }

    private func checkEncoding(_ session: PostgresSession) throws {
        let encoding = try session.run("SELECT current_setting('server_encoding')").text(0, 0)
        guard encoding == "UTF8" else {
            throw ReadModelError(
                .incompatibleLayout,
                "the database \(session.settings.description) is in \(encoding): texts need one made with ENCODING 'UTF8'")
        }
    }

    /// 0 where no step was taken yet.
    private func version(_ session: PostgresSession, _ catalog: PostgresCatalog) throws -> Int {
        let table = "\(catalog.schema).layout"
        // Not by `to_regclass`: it answers from the server process's cache, which may not have heard yet of what another committed before we
        // were given the lock.
        let tables = try session.run(
            "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'layout'",
            [.text(catalog.name)])
        guard tables.count > 0 else { return 0 }
        let rows = try session.run("SELECT version FROM \(table)")
        let version = rows.count == 0 ? 0 : Int(rows.number(0, 0))
        guard version <= steps.count else {
            throw ReadModelError(
                .incompatibleLayout,
                "\(session.settings.description) has layout \(version) in its schema \(catalog.schema) and this program knows up to "
                    + "\(steps.count): use the newer program, or another database")
        }
        return version
    }
}
