import EventLog
import EventModel
import Foundation
import HighwaterTesting
import ReadModel
import Testing

@testable import PostgresReadModel

/// Servers that are not there, go away, come back, or are busy.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct ConnectionTests {
    private static func changed(_ change: (inout URLComponents) -> Void) -> String {
        var url = URLComponents(string: ScratchDatabase.server ?? "") ?? URLComponents()
        url.password = "s3cret"
        change(&url)
        return url.string ?? ""
    }

    private func failure(_ url: String) async -> ReadModelError? {
        await #expect(throws: ReadModelError.self) {
            _ = try await PostgresReadModelStore.open(
                connectionString: url, options: .init(patience: .milliseconds(100)), logger: ScratchDatabase.logger)
        }
    }

    @Test func aServerThatIsNotThereIsNamed() async throws {
        let nobody = await failure(Self.changed { $0.port = 1 })
        #expect(nobody?.code == .unavailable && nobody?.isRetriable == true)
        #expect(
            nobody?.description.contains(":1") == true && nobody?.description.contains("s3cret") == false, "\(String(describing: nobody))")
        let unknown = await failure(Self.changed { $0.host = "no-such-host.invalid" })
        #expect(unknown?.description.contains("no-such-host.invalid") == true && unknown?.description.contains("s3cret") == false)
        let database = await failure(Self.changed { $0.path = "/no_such_database" })
        #expect(database?.code == .refused && database?.isRetriable == false)
        #expect(database?.description.contains("no_such_database") == true && database?.description.contains("3D000") == true)
        let malformed = await failure("postgresql://u:s3cret@host/db?no=1")
        #expect(malformed?.code == .unavailable && malformed?.description.contains("s3cret") == false)
    }

    /// Where the server asks this role for one, as that of `scripts/postgres` does.
    @Test func aWrongPasswordIsRefusedAndNotTold() async throws {
        let role = "highwater_with_password"
        try await ScratchDatabase.connected(to: ScratchDatabase.server ?? "") { session in
            try session.script("DROP ROLE IF EXISTS \(role); CREATE ROLE \(role) LOGIN PASSWORD 'the right one'")
        }
        func url(_ password: String) -> String {
            Self.changed {
                $0.user = role
                $0.password = password
            }
        }
        let error = await failure(url("s3cret"))
        #expect(error?.code == .refused)
        #expect(error?.description.contains("28P01") == true && error?.description.contains(role) == true, "\(String(describing: error))")
        #expect(error?.description.contains("s3cret") == false)
        let me = try await ScratchDatabase.connected(to: url("the right one")) { try $0.run("SELECT current_user::text").text(0, 0) }
        #expect(me == role)
        try await ScratchDatabase.connected(to: ScratchDatabase.server ?? "") { try $0.script("DROP ROLE \(role)") }
    }

    @Test func connectionsThatTheServerClosedAreReplaced() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            for round in 0..<5 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = try await store.positions(of: live) } }
                    try await group.waitForAll()
                }
                try await database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)' AND pid <> pg_backend_pid()")
                #expect(try await store.positions(of: live).count == 1, "round \(round)")
            }
            await store.close()
        }
    }

    /// The connection breaks in the middle of a batch: it takes effect once.
    @Test func aBatchWhoseConnectionBreaksTakesEffectOnce() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            // Sequences do not roll back: only the first attempt dies.
            try await database.execute(
                """
                CREATE SEQUENCE attempts;
                CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF nextval('attempts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                  RETURN NEW;
                END $$;
                CREATE TRIGGER die BEFORE INSERT ON highwater.accounts_g1 FOR EACH ROW EXECUTE FUNCTION die();
                """)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            #expect(try await database.query("SELECT last_value::text FROM attempts") == [["2"]])
            #expect(try await store.rows(of: "accounts", matching: RowQuery()).value.count == 1)
            await store.close()
        }
    }

    /// The server commits and its answer is lost: the repetition finds that it has been done.
    @Test func aBatchWhoseAnswerIsLostIsKnownToHaveTakenEffect() async throws {
        try await withScratchDatabase { database in
            let proxy = try LosingProxy(to: database.url)
            let store = try await PostgresReadModelStore.open(
                connectionString: proxy.url, options: .init(connections: 2), logger: ScratchDatabase.logger)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live))
            proxy.loseNextAnswer()
            #expect(try await store.apply([.deposit(key: "b", from: 5, to: 9)], to: live), "what was done is reported as not done")
            #expect(proxy.lost == 1)
            #expect(try await store.rows(of: "accounts", matching: RowQuery()).value.map(\.key) == ["a", "b"])
            #expect(try await store.apply([.deposit(key: "c", from: 5, to: 9)], to: live) == false)
            await store.close()
            proxy.stop()
        }
    }

    /// A batch that has begun is done when a hold begins: nothing takes effect after it.
    @Test func aHoldWaitsForTheBatchUnderWay() async throws {
        try await withScratchDatabase { database in
            let recorder = NoticeRecorder()
            let store = try await database.open(logger: recorder.logger)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            try await database.execute(
                """
                CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  RAISE NOTICE 'under way';
                  PERFORM pg_advisory_xact_lock(1);
                  RETURN NEW;
                END $$;
                CREATE TRIGGER wait BEFORE INSERT ON highwater.accounts_g1 FOR EACH ROW EXECUTE FUNCTION wait();
                """)
            try await ScratchDatabase.withConnection(to: database.url) { other in
                try await other.run { session in
                    session.keepsTransaction = true
                    try session.script("BEGIN; SELECT pg_advisory_xact_lock(1)")
                }
                async let applied = store.apply([.deposit(key: "a", from: -1, to: 5)], to: live)
                await recorder.wait(for: "under way")
                let holder = Task {
                    try await store.hold(live, for: .seconds(60))
                    return try await store.positions(of: live)[Partition(0)]?.offset
                }
                // The batch waits for the test's lock, and the hold, if it waits at all, for the batch.
                try await database.wait(for: "SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                try await other.run { try $0.script("COMMIT") }
                #expect(try await applied)
                #expect(try await holder.value == Offset(5), "the batch took effect after the hold")
                #expect(try await store.apply([.deposit(key: "b", from: 5, to: 6)], to: live) == false)
            }
            await store.close()
        }
    }

    @Test func aRestartedServerIsFoundAgain() async throws {
        try await withScratchServer { server, url in
            let store = try await PostgresReadModelStore.open(
                connectionString: url, options: .init(connections: 2, patience: .seconds(150)), logger: ScratchDatabase.logger)
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            async let restarted: Void = server.restart()
            for offset in 0..<200 as Range<Int64> {
                #expect(try await store.apply([.deposit(key: "\(offset)", from: offset - 1, to: offset)], to: live))
            }
            try await restarted
            #expect(try await store.apply([.deposit(key: "last", from: 199, to: 200)], to: live))
            #expect(try await store.rows(of: "accounts", matching: RowQuery(limit: 1000)).value.count == 201)
            await store.close()
        }
    }

    /// A transaction of a worker that went away without a word, or stands still, must not hold its locks for ever.
    @Test func theServerIsToldToGiveUpOnADeadClient() async throws {
        try await withScratchDatabase { database in
            // What a database's owner may have set for people.
            try await database.execute(
                """
                ALTER DATABASE \(database.name) SET default_transaction_isolation = 'serializable';
                ALTER DATABASE \(database.name) SET idle_in_transaction_session_timeout = 0;
                """)
            let store = try await database.open()
            let settings = try await store.perform("look") { session, _ in
                let names = [
                    "transaction_isolation", "idle_in_transaction_session_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval",
                    "tcp_keepalives_count", "tcp_user_timeout",
                ]
                return try names.map { try session.run("SELECT current_setting($1)", [.text($0)]).text(0, 0) }
            }
            #expect(settings == ["read committed", "1min", "30", "10", "3", "60000"], "\(settings)")
            await store.close()
        }
    }

    /// Killed in a statement: the server finishes nothing that nobody waits for.
    @Test func aStatementDoesNotOutliveItsClient() async throws {
        try await withScratchDatabase { database in
            let proxy = try LosingProxy(to: database.url)
            let error = await #expect(throws: PostgresError.self) {
                try await ScratchDatabase.connected(to: proxy.url) { session in
                    proxy.loseNextAnswer()
                    try session.script("DO $$ BEGIN RAISE NOTICE 'asleep'; PERFORM pg_sleep(600); END $$")
                }
            }
            #expect(error?.isConnectionLoss == true && proxy.lost == 1, "\(String(describing: error))")
            try await database.wait(
                for: """
                    SELECT count(*) = 0 FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE '%asleep%' AND pid <> pg_backend_pid()
                    """)
            proxy.stop()
        }
    }

    /// As after a failover in place: the server that was the primary serves on, and takes no writes.
    @Test func aServerThatTakesNoWritesIsLeft() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            let live = try await store.createGeneration(SampleLedger.accounts.schema, topic: "ledger", partitions: 1, purpose: .first)
            try await database.execute("ALTER DATABASE \(database.name) SET default_transaction_read_only = on")
            try await database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)' AND pid <> pg_backend_pid()")
            let error = await #expect(throws: ReadModelError.self) {
                _ = try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live)
            }
            #expect(error?.code == .unavailable && error?.message.contains("takes no writes") == true, "\(String(describing: error))")
            #expect(error?.description.contains("25006") == true, "\(String(describing: error))")
            try await ScratchDatabase.connected(to: ScratchDatabase.server ?? "") { session in
                try session.script("ALTER DATABASE \(database.name) RESET default_transaction_read_only")
            }
            #expect(try await store.apply([.deposit(key: "a", from: -1, to: 5)], to: live), "the store clings to its connection")
            await store.close()
        }
    }

    /// libpq's own limit holds for its blocking functions alone.
    @Test func aHostThatDoesNotAnswerIsPassedOver() async throws {
        let silent = try SilentServer()
        let url = try #require(URLComponents(string: ScratchDatabase.server ?? ""))
        let hosts = "127.0.0.1:\(silent.port),127.0.0.1:1,\(url.host ?? ""):\(url.port ?? 5432)"
        let connection = try PostgresConnection(
            ConnectionSettings(
                connectionString: "postgresql://\(url.user ?? "")@\(hosts)\(url.path)?connect_timeout=10", applicationName: "test"),
            logger: ScratchDatabase.logger)
        try await connection.connect()
        #expect(try await connection.run { try $0.run("SELECT 7").number(0, 0) } == 7)
        #expect(silent.count == 1)
        connection.close()
        silent.stop()
    }

    /// Patience is not begun anew by every attempt that takes its time.
    @Test func patienceCountsTheTimeOfTheAttempts() async throws {
        let silent = try SilentServer()
        let error = await #expect(throws: ReadModelError.self) {
            _ = try await PostgresReadModelStore.open(
                connectionString: "postgresql://u@127.0.0.1:\(silent.port)/db?connect_timeout=2", options: .init(patience: .seconds(1)),
                logger: ScratchDatabase.logger)
        }
        #expect(error?.code == .unavailable && error?.description.contains("did not answer within") == true, "\(String(describing: error))")
        #expect(silent.count == 1, "it was tried \(silent.count) times")
        silent.stop()
    }

    @Test func whoWaitsForConnectionsThatCannotBeMadeIsToldWhy() async throws {
        let settings = try ConnectionSettings(connectionString: Self.changed { $0.port = 1 }, applicationName: "test")
        let environment = EngineEnvironment(clock: ContinuousClock(), now: EngineEnvironment.system.now, jitter: { 1 })
        let pool = ConnectionPool(
            settings, .init(size: 1, patience: .milliseconds(500)), environment: environment, logger: ScratchDatabase.logger)
        await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
        await withTaskGroup(of: (any Error)?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do {
                        try await pool.withConnection { _ in }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for await error in group { #expect((error as? PostgresError)?.kind == .connecting, "\(String(describing: error))") }
        }
        pool.close()
    }

    @Test func whoFindsAllConnectionsBusyWaitsInLineAndNotForEver() async throws {
        let settings = try ConnectionSettings(connectionString: ScratchDatabase.server ?? "", applicationName: "test")
        let pool = ConnectionPool(
            settings, .init(size: 2, patience: .milliseconds(50)), environment: .system, logger: ScratchDatabase.logger)
        try await pool.withConnection { _ in
            try await pool.withConnection { _ in
                await #expect(throws: PoolExhausted.self) { try await pool.withConnection { _ in } }
                let patient = ConnectionPool(
                    settings, .init(size: 1, patience: .seconds(600)), environment: .system, logger: ScratchDatabase.logger)
                let cancelled = try await patient.withConnection { _ in
                    let waiting = Task { try await patient.withConnection { _ in } }
                    waiting.cancel()
                    return waiting
                }
                await #expect(throws: CancellationError.self) { try await cancelled.value }
                let served = try await patient.withConnection { _ in
                    Task { try await patient.withConnection { try await $0.run { try $0.run("SELECT 7").number(0, 0) } } }
                }
                #expect(try await served.value == 7)
                let dismissed = try await patient.withConnection { _ in
                    let waiting = Task { try await patient.withConnection { _ in } }
                    patient.close()
                    return waiting
                }
                await #expect(throws: PoolClosed.self) { try await dismissed.value }
            }
        }
        pool.close()
    }
}

extension PartitionWrite {
    /// One account's row, and partition 0 from an offset to another.
    static func deposit(key: String, owner: String = "o", from: Int64, to: Int64) -> PartitionWrite {
        func position(_ offset: Int64) -> ChainPosition {
            offset < 0
                ? .beginning : ChainPosition(offset: Offset(offset), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(offset)))
        }
        return PartitionWrite(
            move: PositionMove(partition: Partition(0), expected: position(from), new: position(to)),
            upserts: [
                StoredRow(key: key, values: [.text(owner), .null, .integer(1), .integer(-7), .timestamp(Timestamp(microseconds: -1))])
            ])
    }
}
