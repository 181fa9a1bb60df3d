import Foundation
import Testing

/// One of an installation's read models, as somebody sees it with SQL.
struct ReadModelDatabase: Sendable {
    enum Kind: String, Sendable { case sqlite, postgres }

    let kind: Kind
    /// A file's path, or a server's URL.
    private let place: String
    private let commerce: Installation

    /// As `--store` and results have it.
    var name: String { kind.rawValue }
    /// As HIGHWATER_READ_MODEL has it.
    var setting: String { kind == .sqlite ? "sqlite:\(place)" : place }
    var settings: [String: String] { ["HIGHWATER_READ_MODEL": setting] }

    /// Runs `body` on an installation that has a read model of either kind, both in its settings, SQLite first.
    static func withBoth(
        _ settings: [String: String] = [:], _ body: (_ commerce: Installation, _ sqlite: Self, _ postgres: Self) async throws -> Void
    ) async throws {
        try await TestDatabase.with { url in
            let url = try #require(url)
            let commerce = try Installation(["HIGHWATER_READ_MODEL": "sqlite:data/views.sqlite,\(url)"].merging(settings) { $1 })
            try await body(
                commerce, .sqlite(of: commerce),
                Self(kind: .postgres, place: url, commerce: commerce))
        }
    }

    /// The read model that an installation has where nothing else is set.
    static func sqlite(of commerce: Installation) -> Self { Self(kind: .sqlite, place: "data/views.sqlite", commerce: commerce) }

    // MARK: SQL

    /// Runs one statement; the rows that it returns, as texts by column.
    ///
    /// - Throws: ``Installation/CommandFailure`` and no failed expectation, so that it can be tried again.
    @discardableResult
    func execute(_ sql: String) async throws -> [ViewRow] {
        let output =
            switch kind {
            case .sqlite: try await commerce.runTool("python3", "-c", Self.sqliteScript, commerce.file(place), sql)
            case .postgres:
                try await commerce.runTool(
                    "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", "SET timezone TO 'UTC'", "-c",
                    sql.hasPrefix("SELECT")
                        ? "SELECT (SELECT json_object_agg(key, value) FROM json_each_text(row_to_json(r))) FROM (\(sql)) r" : sql, place)
            }
        guard output.status == 0 else { throw Installation.CommandFailure(sql, output) }
        return try output.lines.map { ViewRow(try JSON($0)) }
    }

    private static let sqliteScript = """
        import json, sqlite3, sys
        with sqlite3.connect(sys.argv[1], timeout=20) as database:
            found = database.execute(sys.argv[2])
            for row in found:
                print(json.dumps({c[0]: None if v is None else str(v) for c, v in zip(found.description, row)}))
        """

    /// Every row of a projection's view.
    func rows(_ projection: String) async throws -> Set<ViewRow> {
        let rows = try await execute("SELECT * FROM \(projection.replacing("-", with: "_"))")
        #expect(Set(rows).count == rows.count, "\(projection) in \(name) has a row twice")
        return Set(rows)
    }

    /// Every row of every view, by the projection.
    func allRows() async throws -> [String: Set<ViewRow>] {
        var all: [String: Set<ViewRow>] = [:]
        for view in views { all[view] = try await rows(view) }
        return all
    }

    private var generations: String { kind == .sqlite ? "highwater_generations" : "highwater.generations" }

    /// The table behind a projection's view.
    func liveTable(_ projection: String) async throws -> String {
        let found = try await execute("SELECT number FROM \(generations) WHERE projection = '\(projection)' AND state = 'live'")
        let number = try #require(found.first?.texts["number"] ?? nil)
        return (kind == .sqlite ? "" : "highwater.") + "\(projection.replacing("-", with: "_"))_g\(number)"
    }

    /// What has become of a projection's generations, the oldest first.
    func states(_ projection: String) async throws -> [String] {
        try await execute("SELECT state, number FROM \(generations) WHERE projection = '\(projection)' ORDER BY number")
            .compactMap { $0.texts["state"] ?? nil }
    }

    /// Lets builders' leases end later or sooner than they were given.
    func moveLeases(by duration: Duration) async throws {
        let microseconds = Int64(duration.milliseconds * 1000)
        try await execute("UPDATE \(generations) SET lease_expires = lease_expires + (\(microseconds)) WHERE lease_expires IS NOT NULL")
    }
}

extension ReadModelDatabase {
    /// Runs `body` while a session of the server's keeps everybody from reading a table, until `unlock`.
    func locking(_ table: String, _ body: () async throws -> Void) async throws {
        let holder = try CommerceProcess(
            ["psql", "-X", "-q", "-c", "BEGIN", "-c", "LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE", "-c", "SELECT pg_sleep(600)", place],
            in: commerce.folder, executable: "/usr/bin/env")
        do {
            try await eventually("\(table) is locked") { try await !execute("SELECT pid \(Self.lock(of: table))").isEmpty }
            try await body()
        } catch {
            try? await unlock(table)
            throw error
        }
        try await unlock(table)
        _ = await holder.wait()
    }

    func unlock(_ table: String) async throws { try await execute("SELECT pg_terminate_backend(pid) \(Self.lock(of: table))") }

    private static func lock(of table: String) -> String {
        "FROM pg_locks WHERE relation = '\(table)'::regclass AND mode = 'AccessExclusiveLock' AND granted"
    }
}

/// A row of a view as texts by column, the same from either database and over HTTP.
struct ViewRow: Hashable, Sendable, CustomStringConvertible {
    let texts: [String: String?]

    init(_ json: JSON) {
        var texts: [String: String?] = [:]
        for name in json.names { texts.updateValue(Self.text(json[name]), forKey: Self.sqlName(name)) }
        self.texts = texts
    }

    var description: String { texts.sorted { $0.key < $1.key }.map { "\($0)=\($1 ?? "NULL")" }.joined(separator: " ") }

    private static func text(_ value: JSON) -> String? {
        value.integer.map { "\($0)" } ?? value.text.map(normalised)
    }

    /// A time to the microsecond, with `Z`; any other text as it is.
    private static func normalised(_ text: String) -> String {
        // Most texts are no time, and a pattern takes long to find that out.
        guard text.utf8.dropFirst(10).first == UInt8(ascii: "T"),
            let parts = text.wholeMatch(of: /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)/)
        else { return text }
        let fraction = parts.2 ?? ""
        return "\(parts.1).\(fraction)\(String(repeating: "0", count: 6 - fraction.count))Z"
    }

    /// `orderId` is `order_id`.
    private static func sqlName(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
}

/// Expects the same rows, and tells of some that are only in one.
func expectEqual(
    _ a: Set<ViewRow>, _ b: Set<ViewRow>, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    let (onlyA, onlyB) = (a.subtracting(b), b.subtracting(a))
    #expect(
        onlyA.isEmpty && onlyB.isEmpty,
        "\(what): \(onlyA.count) only in the first, as \(onlyA.prefix(3)); \(onlyB.count) only in the second, as \(onlyB.prefix(3))",
        sourceLocation: sourceLocation)
}
