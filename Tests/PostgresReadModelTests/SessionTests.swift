import ReadModel
import Synchronization
import Testing

@testable import PostgresReadModel

/// What the layer on libpq makes of the server's answers.
@Suite(.enabled(if: ScratchDatabase.server != nil, "\(ScratchDatabase.isSkipped)"), .timeLimit(.minutes(5)))
struct SessionTests {
    private func connected<Result: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Result) async throws -> Result {
        try await ScratchDatabase.connected(to: ScratchDatabase.server ?? "", body)
    }

    private func number(_ session: PostgresSession, _ sql: String) throws -> Int64 { try session.run(sql).number(0, 0) }

    @Test func parametersOfEachTypeComeBack() async throws {
        try await connected { session in
            let texts: [String?] = ["", nil, "'; DROP TABLE x --", "é\u{10FFFF}\"\\", String(repeating: "ü", count: 100_000)]
            let numbers: [Int64?] = [.min, nil, 0, .max]
            let rows = try session.run(
                "SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[]) WITH ORDINALITY ORDER BY ordinality",
                [.texts(orNull: texts), .bigints(orNull: numbers), .integers([.min, .max])])
            #expect((0..<5).map { rows.optionalText($0, 0) } == texts)
            #expect((0..<4).map { rows.optionalNumber($0, 1) } == numbers)
            #expect((0..<3).map { rows.optionalNumber($0, 2) } == [Int64(Int32.min), Int64(Int32.max), nil])
            #expect(try session.run("SELECT cardinality($1::text[])", [.texts([])]).number(0, 0) == 0)
            #expect(try session.run("SELECT $1::text IS NULL, $2::text = ''", [.text(nil), .text("")]).number(0, 0) == 1)
        }
    }

    @Test func wholeNumbersOf128BitsComeBack() async throws {
        try await connected { session in
            var numbers: [Int128] = [0, .max, .min, 9_999, 10_000, 10_001, 99_990_000, 100_000_000, -1, 123_456_789_012_345]
            numbers += (0..<38).flatMap { power in
                let unit = (0..<power).reduce(1 as Int128) { number, _ in number * 10 }
                return [unit, -unit, unit - 1, unit + 1]
            }
            let rows = try session.run(
                "SELECT n, n::text FROM unnest($1::numeric[]) WITH ORDINALITY AS u (n, place) ORDER BY place",
                [.numerics(orNull: numbers.map(Optional.init))])
            #expect((0..<rows.count).map { rows.wholeNumber($0, 0) } == numbers)
            #expect((0..<rows.count).map { rows.text($0, 1) } == numbers.map { "\($0)" })
            for number in numbers.prefix(6) {
                #expect(try session.run("SELECT $1::text", [.numeric(number)]).text(0, 0) == "\(number)")
            }
            // What is no such number.
            for text in ["1.5", "-0.0001", "'NaN'", "'Infinity'", "170141183460469231731687303715884105728", "1e39"] {
                #expect(try session.run("SELECT \(text)::numeric").wholeNumber(0, 0) == nil, "\(text)")
            }
        }
    }

    /// All of a batch is one transaction, and the first failure is the one that is told.
    @Test func aBatchTakesEffectWholeOrNotAtAll() async throws {
        try await connected { session in
            try session.script("CREATE TEMPORARY TABLE numbers (number integer CONSTRAINT unlike PRIMARY KEY)")
            let insert = "INSERT INTO numbers VALUES ($1)"
            let error = #expect(throws: PostgresError.self) {
                try session.run([1, 2, 1, 3].map { Statement(insert, [.integer($0)]) } + [Statement("SELECT 1/0")])
            }
            #expect(error?.sqlState == .uniqueViolation && error?.constraint == "unlike" && error?.detail?.contains("(number)=(1)") == true)
            #expect(try number(session, "SELECT count(*) FROM numbers") == 0)
            let results = try session.run([4, 5].map { Statement(insert, [.integer($0)]) } + [Statement("SELECT count(*) FROM numbers")])
            #expect(results[0].affectedRows == 1 && results[2].number(0, 0) == 2)
        }
    }

    @Test func errorsAreData() async throws {
        try await connected { session in
            let error = #expect(throws: PostgresError.self) { try session.run("SELECT nothing FROM pg_class") }
            #expect(error?.sqlState?.rawValue == "42703" && error?.message.contains("nothing") == true && error?.kind == .server)
            #expect(session.isOpen)
            #expect(throws: PostgresError.self) { try session.transaction { _ = try session.run("SELECT 1/0") } }
            let one = try number(session, "SELECT 1")
            #expect(one == 1, "a failed transaction is left open")
        }
    }

    /// A constraint that is checked at the transaction's end fails where no statement is to be blamed.
    @Test func aCommitThatFailsIsToldAndLeavesTheConnectionInOrder() async throws {
        try await connected { session in
            try session.script("CREATE TEMPORARY TABLE numbers (number integer CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let insert = "INSERT INTO numbers VALUES ($1)"
            let error = #expect(throws: PostgresError.self) { try session.run([1, 1].map { Statement(insert, [.integer($0)]) }) }
            #expect(
                error?.kind == .server && error?.sqlState == .uniqueViolation && error?.constraint == "late", "\(String(describing: error))"
            )
            #expect(try number(session, "SELECT count(*) FROM numbers") == 0)
            let other = #expect(throws: PostgresError.self) {
                try session.transaction {
                    for _ in 0..<2 { try session.run(insert, [.integer(1)]) }
                }
            }
            #expect(other?.sqlState == .uniqueViolation)
            try session.run([1, 2].map { Statement(insert, [.integer($0)]) })
            #expect(try number(session, "SELECT count(*) FROM numbers") == 2)
        }
    }

    /// The server ends sessions for many reasons, each with a state of its own.
    @Test func aFatalErrorIsALostConnection() async throws {
        try await connected { session in
            try session.script("SET idle_in_transaction_session_timeout = 20; BEGIN")
            let other = PostgresSession(session.settings, wakePipe: try WakePipe(), logger: ScratchDatabase.logger)
            try other.connect()
            let mine = Parameter.integer(session.processID)
            while try other.run("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", [mine]).number(0, 0) > 0 {}
            let error = #expect(throws: PostgresError.self) { try session.run("SELECT 1") }
            // Its last words are lost at times, when they meet what we send.
            #expect(error?.isConnectionLoss == true, "\(String(describing: error))")
            #expect(error?.kind == .connectionLost || error?.sqlState?.rawValue == "25P03", "\(String(describing: error))")
            other.close()
        }
    }

    /// Somebody else's statements turn up where a pooler lends the server's sessions out by transaction.
    @Test func aPoolerThatCannotKeepStatementsIsNamed() async throws {
        try await connected { session in
            try session.script("PREPARE s1 AS SELECT 1")
            let refused = #expect(throws: PostgresError.self) { try session.run("SELECT 1") }
            let error = try #require(refused)
            #expect(error.sqlState?.rawValue == "42P05")
            let told = try #require(readModelError("read", session.settings, error) as? ReadModelError)
            #expect(told.code == .unavailable && told.message.contains("pooler"), "\(told)")
        }
    }

    /// The plan of every connection is stale after a change, not only that of the one that is met first.
    @Test func aStalePlanIsMadeAnewOnItsOwnConnection() async throws {
        try await withScratchDatabase { database in
            let store = try await database.open()
            try await database.execute("CREATE TABLE numbers (number integer)")
            let read = { @Sendable (session: PostgresSession) in _ = try session.run("SELECT * FROM numbers") }
            let attempts = Mutex(0)
            try await store.perform("read") { session, _ in try read(session) }
            try await database.execute("ALTER TABLE numbers ALTER number TYPE text")
            try await store.perform("read") { session, attempt in
                attempts.withLock { $0 = attempt.number }
                try read(session)
            }
            #expect(attempts.withLock { $0 } == 1, "another connection may be lent for another attempt, and be as stale")
            await store.close()
        }
    }

    @Test func manyDifferentStatementsDoNotPileUp() async throws {
        try await connected { session in
            for number in 0..<1000 {
                let answer = try self.number(session, "SELECT \(number)")
                #expect(answer == Int64(number))
            }
            let prepared = try number(session, "SELECT count(*) FROM pg_prepared_statements")
            #expect(prepared <= Int64(StatementCache.limit))
        }
    }

    /// More than the sockets hold, both ways at once.
    @Test func largeBatchesAndAnswersDoNotBlockEachOther() async throws {
        try await connected { session in
            let text = String(repeating: "x", count: 1_000_000)
            let results = try session.run((0..<30).map { _ in Statement("SELECT $1 || $1", [.text(text)]) })
            #expect(results.allSatisfy { $0.text(0, 0).utf8.count == 2_000_000 })
        }
    }

    @Test func aCopyThatIsGivenUpLeavesNothing() async throws {
        struct GivenUp: Error {}
        try await connected { session in
            try session.script("CREATE TEMPORARY TABLE numbers (number bigint)")
            #expect(throws: GivenUp.self) {
                try session.transaction {
                    var count = 0
                    try session.copyIn("COPY numbers FROM STDIN (FORMAT binary)") { buffer in
                        for number in 0..<10_000 as Range<Int64> {
                            buffer.append(1 as Int16)
                            buffer.appendField(number)
                        }
                        count += 1
                        if count == 3 { throw GivenUp() }
                        return true
                    }
                }
            }
            #expect(session.isOpen)
            #expect(try number(session, "SELECT count(*) FROM numbers") == 0)
            let error = #expect(throws: PostgresError.self) {
                try session.copyIn("COPY nowhere FROM STDIN (FORMAT binary)") { _ in false }
            }
            #expect(error?.sqlState == .undefinedTable && session.isOpen)
        }
    }

    @Test func noticesAreLogged() async throws {
        let recorder = NoticeRecorder()
        let connection = try PostgresConnection(
            ConnectionSettings(connectionString: ScratchDatabase.server ?? "", applicationName: "test"), logger: recorder.logger)
        try await connection.connect()
        try await connection.run { session in
            try session.script("DO $$ BEGIN RAISE NOTICE 'by the way'; RAISE WARNING 'take care'; END $$")
        }
        #expect(recorder.all.contains { $0.hasPrefix("debug") && $0.contains("by the way") })
        #expect(recorder.all.contains { $0.hasPrefix("warning") && $0.contains("take care") && $0.contains("01000") })
        connection.close()
    }

    /// Its caller is told at once, and the server is asked to stop.
    @Test func aCancelledStatementEndsOnTheServer() async throws {
        try await withScratchDatabase { database in
            let recorder = NoticeRecorder()
            let store = try await database.open(logger: recorder.logger)
            let sleeper = Task {
                try await store.perform("sleep") { session, _ in
                    try session.script("DO $$ BEGIN RAISE NOTICE 'asleep'; PERFORM pg_sleep(600); END $$")
                }
            }
            await recorder.wait(for: "asleep")
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
            try await database.wait(
                for: """
                    SELECT count(*) = 0 FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE '%asleep%' AND pid <> pg_backend_pid()
                    """)
            #expect(try await store.generations(of: "any").isEmpty)
            await store.close()
        }
    }

    @Test func workThatIsCancelledBeforeItsTurnIsNotDone() async throws {
        let connection = try PostgresConnection(
            ConnectionSettings(connectionString: ScratchDatabase.server ?? "", applicationName: "test"), logger: ScratchDatabase.logger)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await connection.run { _ in _ = Issue.record("it was done") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        connection.close()
        await #expect(throws: PostgresError.self) { try await connection.run { _ in } }
    }
}
