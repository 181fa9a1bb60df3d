import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

/// What others than the engine meet in the database.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct PostgresViewTests {
    private func prepared(
        _ database: ScratchDatabase, _ projection: RegisteredProjection = SampleLedger.accounts
    ) async throws -> (PostgresReadModelStore, Generation) {
        let store = try await database.open()
        return (store, try await store.createGeneration(projection.schema, topic: "ledger", partitions: 2, purpose: .first))
    }

    private func rebuilt(_ store: PostgresReadModelStore, _ schema: TableSchema) async throws -> Generation {
        try await store.createGeneration(
            schema, topic: "ledger", partitions: 2,
            purpose: .rebuild(builder: "b", lease: .seconds(1800)))
    }

    @Test func theViewIsForPeople() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            let rows = try await database.query(
                """
                SELECT account_id, owner, note, deposits::text, balance_micros::text, last_at::text, pg_typeof(last_at)::text
                FROM public.accounts
                """)
            #expect(rows == [["a", "o", nil, "1", "-7", "1969-12-31 23:59:59.999999+00", "timestamp with time zone"]])
            await store.close()
        }
    }

    /// To the microsecond, whatever the session's time zone, over all that PostgreSQL can show.
    @Test func theViewShowsTimesExactly() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database)
            let times: [Int64] = [
                0, -1, 1, 1_290_000_000_123_456, -62_135_596_800_000_000, 253_402_300_799_999_999, -210_866_803_200_000_000, 1 << 62,
            ]
            let rows = times.enumerated().map {
                StoredRow(
                    key: "\($0.offset)",
                    values: [.text(""), .null, .integer($0.element), .integer(0), .timestamp(Timestamp(microseconds: $0.element))])
            }
            let before = StoredRow(
                key: "x", values: [.text(""), .null, .integer(0), .integer(0), .timestamp(Timestamp(microseconds: .min))])
            let write = PartitionWrite.deposit(key: "", from: -1, to: 5)
            #expect(try await store.apply([PartitionWrite(move: write.move, upserts: rows + [before])], to: live))
            let shown = try await database.query(
                """
                SELECT (extract(epoch FROM last_at) * 1000000)::numeric(30)::text, deposits::text FROM accounts ORDER BY account_id
                """)
            #expect(shown.prefix(times.count).allSatisfy { $0[0] == $0[1] }, "\(shown)")
            #expect(shown.last?[0] == nil)
            await store.close()
        }
    }

    @Test func theViewHasAllDigitsOfSumsBeyond64Bits() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database, SampleLedger.wideDigits)
            let most = Int128(Int64.max)
            func write(_ partition: Int32, _ total: Int128) -> PartitionWrite {
                let move = PartitionWrite.deposit(key: "", from: -1, to: 5).move
                return PartitionWrite(
                    move: PositionMove(partition: Partition(partition), expected: move.expected, new: move.new),
                    upserts: [StoredRow(key: "7", values: [.integer(.max), .number(total)])])
            }
            #expect(try await store.apply([write(0, most * most), write(1, -1)], to: live))
            let shown = try await database.query("SELECT count::text, total_micros::text FROM deposits_by_digit")
            #expect(shown == [["18446744073709551614", "\(most * most - 1)"]])
            await store.close()
        }
    }

    @Test func grantsOutliveASwapAlsoToOtherColumns() async throws {
        try await withScratchDatabase { database in
            let (store, _) = try await prepared(database)
            let role = "analyst_" + database.name
            try await database.execute("CREATE ROLE \(role); GRANT SELECT ON accounts TO \(role); GRANT SELECT ON accounts TO PUBLIC")
            let same = try await rebuilt(store, SampleLedger.accounts.schema)
            #expect(try await store.activate(same, evenIfBehind: false))
            let granted =
                "SELECT has_table_privilege('\(role)', 'accounts', 'SELECT')::text, relacl::text FROM pg_class WHERE relname = 'accounts'"
            let before = try await database.query(granted)
            #expect(before[0][0] == "true")
            let schema = TableSchema(
                projection: .init("accounts", version: 2), key: .init("account", .byStream),
                columns: [ColumnSchema(name: "total", type: .integer, isNullable: false)])
            let other = try await rebuilt(store, schema)
            #expect(try await store.activate(other, evenIfBehind: false))
            #expect(try await database.query(granted) == before)
            #expect(try await database.query("SELECT account, total::text FROM accounts").isEmpty)
            #expect(try await store.activate(same, evenIfBehind: false), "rollback")
            #expect(try await database.query("SELECT owner FROM accounts").isEmpty)
            await store.close()
            try await database.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test func aTableInTheWayIsNamedAndKept() async throws {
        try await withScratchDatabase { database in
            try await database.execute("CREATE TABLE accounts (mine text)")
            let store = try await database.open()
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            }
            #expect(error?.code == .incompatibleLayout && error?.description.contains("accounts") == true, "\(String(describing: error))")
            #expect(try await store.generations(of: "accounts").isEmpty)
            #expect(try await database.query("SELECT mine FROM accounts").isEmpty)
            await store.close()
        }
    }

    /// Others' views on the view keep it from being made anew with other columns.
    @Test func whatDependsOnTheViewIsNamed() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            try await database.execute("CREATE VIEW rich AS SELECT * FROM accounts WHERE balance_micros > 0")
            let schema = TableSchema(
                projection: .init("accounts", version: 2), key: .init("account", .byStream),
                columns: [ColumnSchema(name: "total", type: .integer, isNullable: false)])
            let other = try await rebuilt(store, schema)
            let error = await #expect(throws: ReadModelError.self) { _ = try await store.activate(other, evenIfBehind: true) }
            #expect(error?.code == .incompatibleLayout && error?.description.contains("rich") == true, "\(String(describing: error))")
            #expect(error?.description.contains("CASCADE") == false, "it asks to drop what is not ours")
            #expect(try await store.rows(of: "accounts", matching: RowQuery()).value.map(\.key) == ["a"])
            try await database.execute("DROP VIEW rich")
            #expect(try await store.activate(other, evenIfBehind: true))
            await store.close()
        }
    }

    @Test func aTableDroppedByHandIsAnError() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            #expect(try await store.row(of: "accounts", key: "a").value != nil)
            try await database.execute("DROP TABLE highwater.accounts_g1 CASCADE")
            let error = await #expect(throws: ReadModelError.self) { try await store.row(of: "accounts", key: "a") }
            #expect(error?.code == .unavailable && error?.description.contains("accounts_g1") == true, "\(String(describing: error))")
            let other = await #expect(throws: ReadModelError.self) { try await store.rows(of: "accounts", matching: RowQuery()) }
            #expect(other == error)
            await store.close()
        }
    }

    /// A verification may stand still for longer than a role's transactions may.
    @Test func aSnapshotIsNotTimedOut() async throws {
        try await withScratchDatabase { database in
            try await database.execute("ALTER DATABASE \(database.name) SET idle_in_transaction_session_timeout = '20ms'")
            let (store, live) = try await prepared(database)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            let rows = try await store.withSnapshot(of: live) { snapshot in
                _ = try await database.query("SELECT pg_sleep(0.2)::text")
                return try await snapshot.rows(after: nil, limit: 10)
            }
            #expect(rows.map(\.row.key) == ["a"])
            await store.close()
        }
    }

    /// The swap and the drop do not wait for a long reader, and the table goes when he has.
    @Test func anOldTableGoesWhenNobodyReadsIt() async throws {
        try await withScratchDatabase { database in
            let (store, first) = try await prepared(database)
            let new = try await rebuilt(store, SampleLedger.accounts.schema)
            let tables = "SELECT relname::text FROM pg_class WHERE relname LIKE 'accounts\\_g_' ORDER BY relname"
            try await ScratchDatabase.withConnection(to: database.url) { reader in
                try await reader.run { session in
                    session.keepsTransaction = true
                    try session.script("BEGIN; LOCK TABLE highwater.accounts_g1 IN ACCESS SHARE MODE")
                }
                #expect(try await store.activate(new, evenIfBehind: false))
                try await store.drop(first)
                #expect(try await store.generations(of: "accounts").map(\.number) == [2])
                #expect(try await database.query(tables) == [["accounts_g1"], ["accounts_g2"]])
                try await reader.run { try $0.script("COMMIT") }
            }
            await (try database.open()).close()
            #expect(try await database.query(tables) == [["accounts_g2"]])
            await store.close()
        }
    }

    /// A reader's forgotten transaction: the swap waits for it, says so, stalls nobody for long, and throws nothing away.
    @Test func aForgottenTransactionIsNamedAndWaitedFor() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let system = try await SampleSystem(store)
            try await system.prepare(SampleLedger.accounts)
            let ends = try await system.fill(50)
            try await system.running(system.runner(SampleLedger.accounts)) {
                _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
            }
            try await ScratchDatabase.withConnection(to: database.url) { reader in
                let pid = try await reader.run { session in
                    session.keepsTransaction = true
                    try session.script("BEGIN; SELECT * FROM accounts")
                    return session.processID
                }
                func rebuilding() -> (Task<RebuildResult, any Error>, waits: AsyncStream<String>) {
                    let (waits, tell) = AsyncStream<String>.makeStream()
                    let rebuild = system.rebuild(SampleLedger.accounts)
                    return (Task { try await rebuild.run { if let reason = $0.waitsFor { tell.yield(reason) } } }, waits)
                }
                let (stopped, waits) = rebuilding()
                for await reason in waits {
                    for part in ["pid \(pid) ", "highwater-test", "idle in transaction", "since 2", "pg_terminate_backend(\(pid))"] {
                        #expect(reason.contains(part), "\(reason)")
                    }
                    break
                }
                // Others read the view meanwhile, and what is built is there to stay.
                #expect(try await database.query("SELECT count(*)::text FROM accounts") == [["20"]])
                try await system.requireStates([.live, .ready], of: "accounts")
                stopped.cancel()
                await #expect(throws: CancellationError.self) { try await stopped.value }
                try await system.requireStates([.live, .ready], of: "accounts")

                let (next, again) = rebuilding()
                for await _ in again { break }
                try await reader.run { try $0.script("COMMIT") }
                let result = try await next.value
                #expect(result.outcome == .swapped && result.generation == 2, "\(result)")
            }
            await store.close()
        }
    }

    @Test func filtersUseAnIndex() async throws {
        try await withScratchDatabase { database in
            let (store, _) = try await prepared(database)
            let rows = (0..<5000).map { number in
                StoredRow(
                    key: String(10_000 + number),
                    values: [.text("owner-\(number % 500)"), .null, .integer(1), .integer(0), .null])
            }
            let new = try await rebuilt(store, SampleLedger.accounts.schema)
            let move = PartitionWrite.deposit(key: "", from: -1, to: 5).move
            #expect(
                try await store.load(
                    RowList(rows.map { PartitionRow(partition: Partition(0), row: $0) }), moving: [move], into: new))
            let query = try #require(
                try PostgresTable(new, store.catalog).select(RowQuery(filters: ["owner": .text("owner-7")], after: "1", limit: 3)))
            let plan = try await database.query("EXPLAIN " + query.sql, query.parameters).compactMap(\.[0]).joined(separator: "\n")
            #expect(plan.contains("accounts_g2_f1") && !plan.contains("Seq Scan"), "\(plan)")
            await store.close()
        }
    }

    @Test func aTextTooLongForAnIndexIsKeptAndFound() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database)
            // Random, so that it does not become short by compression.
            var generator = SystemRandomNumberGenerator()
            let long = String((0..<20_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 33...126, using: &generator))) })
            #expect(try await store.apply([.deposit(key: "a", owner: "short", from: -1, to: 0)], to: live))
            #expect(try await store.apply([.deposit(key: "b", owner: long, from: 0, to: 1)], to: live))
            #expect(try await store.apply([.deposit(key: "c", owner: long + "!", from: 1, to: 2)], to: live))
            for (owner, key) in [("short", "a"), (long, "b"), (long + "!", "c")] {
                #expect(
                    try await store.rows(of: "accounts", matching: RowQuery(filters: ["owner": .text(owner)])).value.map(\.key) == [key])
            }
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await store.apply([.deposit(key: long, from: 2, to: 3)], to: live)
            }
            #expect(error?.code == .unsupportedValue && error?.message.contains("key") == true, "\(String(describing: error))")
            await store.close()
        }
    }

    @Test func aColumnOfAnotherTypeIsNamed() async throws {
        try await withScratchDatabase { database in
            let (store, live) = try await prepared(database)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            #expect(try await store.row(of: "accounts", key: "a").value != nil)
            // The prepared statement's plan does not fit any more; that alone would be no reason to fail.
            try await database.execute("DROP VIEW accounts; ALTER TABLE highwater.accounts_g1 ALTER deposits TYPE text")
            let error = await #expect(throws: ReadModelError.self) { try await store.row(of: "accounts", key: "a") }
            #expect(error?.code == .unreadableEvent && error?.message.contains("deposits") == true, "\(String(describing: error))")
            try await database.execute("ALTER TABLE highwater.accounts_g1 ALTER deposits TYPE bigint USING deposits::bigint")
            #expect(try await store.row(of: "accounts", key: "a").value != nil)
            await store.close()
        }
    }

    @Test func aDuplicateKeyInALoadIsNamed() async throws {
        try await withScratchDatabase { database in
            let (store, _) = try await prepared(database)
            let new = try await rebuilt(store, SampleLedger.accounts.schema)
            let row = PartitionWrite.deposit(key: "twice", from: -1, to: 5)
            let rows = [0, 1].map { PartitionRow(partition: Partition($0), row: row.upserts[0]) }
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await store.load(RowList(rows), moving: [row.move], into: new)
            }
            #expect(error?.code == .unsupportedValue && error?.message.contains("'twice'") == true, "\(String(describing: error))")
            #expect(try await store.load(RowList([rows[0]]), moving: [row.move], into: new))
            // Into a table that has rows by now.
            let second = PositionMove(partition: Partition(1), expected: row.move.expected, new: row.move.new)
            let other = await #expect(throws: ReadModelError.self) {
                _ = try await store.load(RowList([rows[1]]), moving: [second], into: new)
            }
            #expect(other?.message.contains("'twice'") == true, "\(String(describing: other))")
            await store.close()
        }
    }
}

extension ScratchDatabase {
    /// A connection to be used over several steps.
    static func withConnection(to url: String, _ body: (PostgresConnection) async throws -> Void) async throws {
        let connection = try PostgresConnection(
            ConnectionSettings(connectionString: url, applicationName: "highwater-test"), logger: logger)
        defer { connection.close() }
        try await connection.connect()
        try await body(connection)
    }
}
