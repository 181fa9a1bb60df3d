import EventLog
import Foundation
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

/// The engine's own tables: made, upgraded in place, refused.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct PostgresLayoutTests {
    private static let next = PostgresLayout(
        steps: PostgresLayout.current.steps + ["ALTER TABLE projections ADD COLUMN note text NOT NULL DEFAULT 'n'"])
    private static let count = PostgresLayout.current.steps.count

    private func open(
        _ database: ScratchDatabase, _ layout: PostgresLayout, schema: String = "highwater", readOnly: Bool = false
    ) async throws -> PostgresReadModelStore {
        try await PostgresReadModelStore.open(
            connectionString: database.url, options: .init(schema: schema), readOnly: readOnly, environment: .system,
            logger: ScratchDatabase.logger,
            layout: layout)
    }

    @Test func anOldLayoutIsUpgradedInPlace() async throws {
        try await withScratchDatabase { database in
            let old = try await open(database, .current)
            let live = try await old.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            #expect(try await old.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            let new = try await open(database, Self.next)
            #expect(try await database.query("SELECT version::text FROM highwater.layout") == [["\(Self.count + 1)"]])
            #expect(try await database.query("SELECT note FROM highwater.projections") == [["n"]])
            #expect(try await new.rows(of: "accounts", matching: RowQuery()).value.map(\.key) == ["a"])
            // Whoever has it open goes on.
            #expect(try await old.apply([.deposit(key: "b", from: 5, to: 6)], to: live))
            await old.close()
            await new.close()
        }
    }

    @Test func aNewerLayoutIsRefused() async throws {
        try await withScratchDatabase { database in
            await (try open(database, Self.next)).close()
            let error = await #expect(throws: ReadModelError.self) { _ = try await open(database, .current) }
            #expect(error?.code == .incompatibleLayout && error?.isRetriable == false)
            #expect(error?.message.contains("layout \(Self.count + 1)") == true, "\(String(describing: error))")
        }
    }

    @Test func whoeverOnlyLooksMakesAndUpgradesNothing() async throws {
        try await withScratchDatabase { database in
            let missing = await #expect(throws: ReadModelError.self) { _ = try await open(database, .current, readOnly: true) }
            #expect(missing?.code == .unavailable && missing?.message.contains("no read model") == true, "\(String(describing: missing))")
            #expect(try await database.query("SELECT nspname::text FROM pg_namespace WHERE nspname = 'highwater'").isEmpty)

            let store = try await open(database, .current)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            await store.close()
            let older = await #expect(throws: ReadModelError.self) { _ = try await open(database, Self.next, readOnly: true) }
            #expect(older?.code == .incompatibleLayout && older?.message.contains("bring it up to date") == true)
            #expect(try await database.query("SELECT version::text FROM highwater.layout") == [["\(Self.count)"]])

            // A server that takes no writes, as a standby does, is enough.
            try await database.execute("ALTER DATABASE \(database.name) SET default_transaction_read_only = on")
            let looking = try await open(database, .current, readOnly: true)
            #expect(try await looking.generations(of: "accounts") == [live])
            #expect(try await looking.positions(of: live)[Partition(0)]?.offset == Offset(5))
            let rows = try await looking.withSnapshot(of: live) { try await $0.rows(after: nil, limit: 10) }
            #expect(rows.count == 1)
            #expect(looking.identity != nil)
            await looking.close()
        }
    }

    @Test func aStepThatFailsChangesNothing() async throws {
        try await withScratchDatabase { database in
            let broken = PostgresLayout(steps: Self.next.steps + ["CREATE TABLE more (); SELECT 1/0"])
            _ = await #expect(throws: ReadModelError.self) { _ = try await open(database, broken) }
            #expect(try await database.query("SELECT nspname::text FROM pg_namespace WHERE nspname = 'highwater'").isEmpty)
            await (try open(database, .current)).close()
            _ = await #expect(throws: ReadModelError.self) { _ = try await open(database, broken) }
            #expect(try await database.query("SELECT version::text FROM highwater.layout") == [["\(Self.count)"]])
        }
    }

    @Test func manyMayOpenANewDatabaseAtOnce() async throws {
        try await withScratchDatabase { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let store = try await open(database, .current)
                        _ = try await store.createGeneration(
                            SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.query("SELECT number::text FROM highwater.generations") == [["1"]])
        }
    }

    @Test func aDatabaseInAnotherEncodingIsRefused() async throws {
        try await withScratchDatabase { database in
            let name = database.name + "_ascii"
            try await database.execute(
                "CREATE DATABASE \(name) ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await PostgresReadModelStore.open(
                    connectionString: ScratchDatabase.url(database: name), logger: ScratchDatabase.logger)
            }
            #expect(error?.code == .incompatibleLayout && error?.message.contains("SQL_ASCII") == true, "\(String(describing: error))")
            try await database.execute("DROP DATABASE \(name) WITH (FORCE)")
        }
    }

    /// A role that may use what is there needs no right to make it.
    @Test func aRoleWithFewRightsOpensWhatIsThere() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            _ = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            await store.close()
            let role = "reader_" + database.name
            try await database.execute(
                """
                CREATE ROLE \(role) LOGIN PASSWORD 'reads';
                GRANT USAGE ON SCHEMA highwater TO \(role);
                GRANT SELECT ON ALL TABLES IN SCHEMA highwater TO \(role);
                """)
            var url = try #require(URLComponents(string: database.url))
            url.user = role
            url.password = "reads"
            let reader = try await PostgresReadModelStore.open(connectionString: url.string ?? "", logger: ScratchDatabase.logger)
            #expect(try await reader.rows(of: "accounts", matching: RowQuery()).value.isEmpty)
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await reader.createGeneration(SampleLedger.digits.schema, topic: "ledger", partitions: 1, purpose: .first)
            }
            #expect(error?.code == .refused && error?.description.contains("42501") == true, "\(String(describing: error))")
            await reader.close()
            try await database.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test func namesAreNeverTakenForSQL() async throws {
        try await withScratchDatabase { database in
            let evil = "a\"; DROP SCHEMA highwater CASCADE; --"
            let store = try await open(database, .current, schema: "odd \"schema\"; --")
            let schema = TableSchema(
                projection: .init("x\"; DROP TABLE y; --'", version: 1), key: .init("k\"'); --", .byStream),
                columns: [
                    ColumnSchema(name: evil, type: .text, isNullable: false, isFilter: true),
                    ColumnSchema(name: "at\"", type: .timestamp, isNullable: true),
                ])
            let live = try await store.createGeneration(schema, topic: "t'; --", partitions: 1, purpose: .first)
            let row = StoredRow(key: "k'; DROP TABLE z; --", values: [.text(evil), .null])
            let write = PartitionWrite.deposit(key: "", from: -1, to: 0)
            #expect(try await store.apply([PartitionWrite(move: write.move, upserts: [row], deletes: ["'"])], to: live))
            #expect(try await store.row(of: schema.projection.name, key: row.key).value == row)
            #expect(try await store.rows(of: schema.projection.name, matching: RowQuery(filters: [evil: .text(evil)])).value == [row])
            #expect(try await store.rows(in: live, keys: [write.partition: [row.key, "' OR true"]])[write.partition] == [row])
            #expect(
                try await database.query("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'odd%'") == [["odd \"schema\"; --"]])
            await store.close()
        }
    }
}
