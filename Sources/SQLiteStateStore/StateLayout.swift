import EventLog
import GRDB

/// The tables of a state store's file.
enum StateLayout {
    /// Raised with every change of the tables; a file of another version is made anew.
    static let version = 1
    /// "HwSt", tells these files from other databases (`PRAGMA application_id`).
    static let applicationID = 0x4877_5374

    /// `commits` has the stream's newest commits side by side, and `commits_by_command` ends in the primary key, so that each lookup reads
    /// one run of one tree, however long the stream is.
    private static let tables = """
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            topic TEXT NOT NULL,
            "partition" INTEGER NOT NULL,
            fold_version TEXT NOT NULL,
            opening INTEGER NOT NULL,
            "offset" INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE streams (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            state BLOB
        ) STRICT;
        CREATE TABLE commits (
            stream INTEGER NOT NULL,
            first_version INTEGER NOT NULL,
            events INTEGER NOT NULL,
            "offset" INTEGER NOT NULL,
            command_id TEXT NOT NULL,
            digest BLOB,
            PRIMARY KEY (stream, first_version)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX commits_by_command ON commits (stream, command_id);
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        """

    /// Makes the tables in an empty file, or checks those that are there, and enters `opening` as the newest.
    ///
    /// - Returns: why the file cannot be used; nil where it can.
    static func claim(_ db: Database, for place: StateFile.Place, opening: Int64) throws -> String? {
        if try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 {
            try create(db, for: place, opening: opening)
            return nil
        }
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID else { return "it is another database" }
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found == version else { return "its layout is \(found), not \(version)" }
        guard let meta = try Row.fetchOne(db, sql: #"SELECT topic, "partition", fold_version FROM meta"#) else {
            return "the file is damaged: its meta table is empty"
        }
        let (topic, partition) = (try meta.decode(String.self, atIndex: 0), try meta.decode(Int64.self, atIndex: 1))
        let foldVersion = try meta.decode(String.self, atIndex: 2)
        guard topic == place.partition.topic.name, partition == Int64(place.partition.partition.rawValue) else {
            return "it is of \(topic)/\(partition)"
        }
        guard foldVersion == place.foldVersion else { return "its fold version is '\(foldVersion)', not '\(place.foldVersion)'" }
        try db.execute(sql: "UPDATE meta SET opening = ?", arguments: [opening])
        return nil
    }

    private static func create(_ db: Database, for place: StateFile.Place, opening: Int64) throws {
        try db.execute(sql: tables)
        let beginning = ChainPosition.beginning
        try db.execute(
            sql: "INSERT INTO meta VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                place.partition.topic.name, place.partition.partition.rawValue, place.foldVersion, opening, beginning.offset.rawValue,
                beginning.chain.epoch.rawValue, beginning.chain.sequence.rawValue,
            ])
    }
}
