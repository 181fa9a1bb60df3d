import EventLog
import Foundation
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

/// By what a database is told from its copies: two with one identity would share a consumer group, and each would lack what the other has.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct PostgresIdentityTests {
    private func identity(_ url: String, readOnly: Bool = false) async throws -> String? {
        let store = try await PostgresReadModelStore.open(connectionString: url, readOnly: readOnly, logger: ScratchDatabase.logger)
        let identity = store.identity
        await store.close()
        return identity
    }

    @Test func oneDatabaseIsTheSameForAllWhoOpenIt() async throws {
        try await withScratchDatabase { database in
            let identities = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 { group.addTask { try await identity(database.url) } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            let later = try #require(try await identity(database.url))
            #expect(identities == [later] && later.hasPrefix("postgres"))
            #expect(try await identity(database.url, readOnly: true) == later)
            // What rewrites the table leaves it as it is.
            try await database.execute("VACUUM FULL highwater.identity")
            #expect(try await identity(database.url) == later)
        }
    }

    /// A template's copy has every byte of the original but its object id.
    @Test func aDatabaseMadeAfterAnotherIsAnother() async throws {
        try await withScratchDatabase { database in
            let original = try #require(try await identity(database.url))
            let name = database.name + "_copy"
            try await ScratchDatabase.connected(to: ScratchDatabase.server ?? "") { session in
                // The server takes a moment to end the sessions that have ended.
                while try session.run("SELECT count(*)::int FROM pg_stat_activity WHERE datname = $1", [.text(database.name)]).number(0, 0)
                    > 0
                {
                    try session.run("SELECT pg_sleep(0.005)::text")
                }
                try session.script("CREATE DATABASE \(name) TEMPLATE \(database.name)")
            }
            let url = ScratchDatabase.url(database: name)
            #expect(try await identity(url, readOnly: true) == nil)
            let copied = try #require(try await identity(url))
            #expect(copied != original)
            #expect(try await identity(url) == copied)
            #expect(try await identity(database.url) == original)
            try await database.execute("DROP DATABASE \(name) WITH (FORCE)")
        }
    }

    /// A dump restored into another cluster may meet the same object ids; its rows are written by another transaction.
    @Test func aRowThatWasWrittenAnewIsAnothers() async throws {
        try await withScratchDatabase { database in
            let original = try #require(try await identity(database.url))
            // As COPY restores it.
            try await database.execute(
                """
                CREATE TABLE dump AS SELECT value, place FROM highwater.identity;
                DELETE FROM highwater.identity;
                INSERT INTO highwater.identity SELECT * FROM dump;
                """)
            let restored = try #require(try await identity(database.url))
            #expect(restored != original)
            #expect(try await identity(database.url) == restored)
        }
    }

    /// Version 19779f4 did not know where a word was made.
    @Test func aDatabaseOfBeforeIsGivenAnother() async throws {
        try await withScratchDatabase { database in
            let old = try await PostgresReadModelStore.open(
                connectionString: database.url, options: .init(), environment: .system, logger: ScratchDatabase.logger,
                layout: PostgresLayout(steps: Array(PostgresLayout.current.steps.prefix(2))))
            await old.close()
            let word = try await database.query("SELECT value FROM highwater.identity")
            let given = try #require(try await identity(database.url))
            #expect(word != [[String(given.dropFirst("postgres".count))]])
            #expect(try await identity(database.url) == given)
        }
    }

    /// It cannot make a word, and finds one that was made elsewhere.
    @Test func aRoleThatMayNotWriteKeepsWhatItFinds() async throws {
        try await withScratchDatabase { database in
            _ = try await identity(database.url)
            try await database.execute("UPDATE highwater.identity SET value = 'elsewhere'")
            let role = "looker_" + database.name
            try await database.execute(
                """
                CREATE ROLE \(role) LOGIN PASSWORD 'looks';
                GRANT USAGE ON SCHEMA highwater TO \(role);
                GRANT SELECT ON ALL TABLES IN SCHEMA highwater TO \(role);
                """)
            var url = try #require(URLComponents(string: database.url))
            url.user = role
            url.password = "looks"
            #expect(try await identity(url.string ?? "") == "postgreselsewhere")
            try await database.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}
