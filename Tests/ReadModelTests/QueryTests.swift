import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct QueryTests {
    private func filled() async throws -> SampleSystem {
        let system = try await SampleSystem(InMemoryReadModelStore())
        try await system.prepare(SampleLedger.accounts)
        let ends = try await system.fill(96)
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
        }
        return system
    }

    @Test func pagesByCursorCoverEveryRowOnce() async throws {
        let queries = try await filled().queries(SampleLedger.accounts)
        let all = try await queries.rows(of: "accounts", limit: "1000").value
        #expect(all.rows.count == 20 && all.next == nil)
        var paged: [StoredRow] = []
        var cursor: String?
        repeat {
            let page = try await queries.rows(of: "accounts", limit: "3", after: cursor).value
            #expect(page.rows.count <= 3)
            paged += page.rows
            cursor = page.next
        } while cursor != nil
        #expect(paged == all.rows)
        #expect(try await queries.rows(of: "accounts", limit: "20").value.next == nil)
    }

    @Test func filtersByDeclaredColumnsOnly() async throws {
        let queries = try await filled().queries(SampleLedger.accounts)
        let some = try await queries.rows(of: "accounts", filters: ["owner": "owner-1"]).value.rows
        #expect(!some.isEmpty && some.allSatisfy { $0.values[0] == .text("owner-1") })
        let none = try await queries.rows(of: "accounts", filters: ["owner": "owner-1", "deposits": "-5"]).value.rows
        #expect(none.isEmpty)
    }

    @Test(
        arguments: [
            ("note", ["note": "x"], nil, nil), ("nothing", ["nothing": "x"], nil, nil), ("deposits", ["deposits": "many"], nil, nil),
            ("deposits", ["deposits": "9223372036854775808"], nil, nil), ("limit", [:], "0", nil), ("limit", [:], "1001", nil),
            ("limit", [:], "ten", nil), ("limit", [:], "+5", nil), ("deposits", ["deposits": "+1"], nil, nil),
            ("after", [:], nil, "!"), ("after", [:], nil, ""), ("after", [:], nil, "AAAA"),
        ] as [(String, [String: String], String?, String?)])
    func namesTheParameterAtFault(_ parameter: String, _ filters: [String: String], _ limit: String?, _ cursor: String?) async throws {
        let queries = try await filled().queries(SampleLedger.accounts)
        let error = await #expect(throws: InvalidQuery.self) {
            try await queries.rows(of: "accounts", filters: filters, limit: limit, after: cursor)
        }
        #expect(error?.parameter == parameter)
    }

    /// A cursor names a place in the order, which need not be a row's, and need not be text.
    @Test(arguments: [("AQ", 20), ("AWI", 0), ("Af__", 0), ("AQAA", 20)])
    func takesACursorForAPlace(_ cursor: String, _ count: Int) async throws {
        let page = try await filled().queries(SampleLedger.accounts).rows(of: "accounts", after: cursor).value
        #expect(page.rows.count == count)
    }

    @Test func waitsForAPositionAndSaysBehind() async throws {
        let system = try await filled()
        let queries = system.queries(SampleLedger.accounts)
        let position = try await system.writer.append("account/1", SampleLedger.encode(.deposited(1)))
        await #expect(throws: ReadModelError(.behind, "")) {
            try await queries.row(of: "accounts", key: "1", waitFor: [position], timeout: .milliseconds(30))
        }
        // Without news from a runner of this process, it polls.
        let polling = system.queries(SampleLedger.accounts, signal: AppliedSignal())
        async let polled = polling.row(of: "accounts", key: "1", waitFor: [position], timeout: .seconds(600))
        async let told = queries.row(of: "accounts", key: "1", waitFor: [position], timeout: .seconds(600))
        try await system.running(system.runner(SampleLedger.accounts)) {}
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await queries.positions(of: "accounts", waitFor: [position], timeout: .seconds(600))
        }
        #expect(try await polled.positions.hasApplied(position))
        #expect(try await told.positions.hasApplied(position))
        // Another topic's records change none of the rows.
        let foreign = try #require(LogPosition("payments/99@1"))
        let answer = try await queries.row(of: "accounts", key: "1", waitFor: [foreign, position], timeout: .seconds(600))
        #expect(answer.positions.hasApplied(position))
        await #expect(throws: InvalidQuery.self) {
            try await queries.row(of: "accounts", key: "1", waitFor: [try #require(LogPosition("ledger/99@1"))])
        }
        await #expect(throws: ReadModelError(.unknownProjection, "")) { try await queries.row(of: "nobody", key: "1") }
    }

    /// However long the store takes.
    @Test(arguments: [Duration.zero, .seconds(2), .seconds(30)]) func anAnswerHasItsDeadline(_ timeout: Duration) async throws {
        let system = try await filled()
        let clock = ManualClock()
        let silent = InterceptedReadModelStore(system.store) { step in
            if step == .beforeQuery { try await ContinuousClock().sleep(for: .seconds(3600)) }
        }
        let queries = ReadModelQueries(
            [SampleLedger.accounts], store: silent, signal: system.signal, answering: .seconds(2), environment: clock.environment)
        let answer = Task { try await queries.row(of: "accounts", key: "1", timeout: timeout) }
        await clock.sleeper(for: timeout + .seconds(2))
        clock.advance(by: timeout + .seconds(2))
        await #expect(throws: ReadModelError(.unavailable, "")) { try await answer.value }
    }

    @Test func aViewThatIsNotBuiltYetIsUnavailable() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore())
        await #expect(throws: ReadModelError(.unavailable, "")) {
            try await system.queries(SampleLedger.accounts).row(of: "accounts", key: "1")
        }
    }

    @Test(arguments: ["", "Orders", "order_summary", "highwater-x", "orders-g3", String(repeating: "a", count: 41)])
    func namesThatCannotBeStoredAreRefused(_ name: String) {
        let schema = TableSchema(projection: ProjectionID(name, version: 1), key: KeyColumn("id", .byStream), columns: [])
        #expect(schema.problems.count == 1)
    }

    @Test func columnsThatCannotBeStoredAreRefused() {
        let columns = [
            ColumnSchema(name: "id", type: .text, isNullable: false, reducer: .max),
            ColumnSchema(name: "partition", type: .text, isNullable: false, reducer: .max),
            ColumnSchema(name: "a\"b", type: .text, isNullable: false, reducer: .max),
            ColumnSchema(name: "text", type: .text, isNullable: false, reducer: .sum),
            ColumnSchema(name: "unreduced", type: .integer, isNullable: false),
        ]
        let schema = TableSchema(projection: ProjectionID("orders", version: 1), key: KeyColumn("id", .combined), columns: columns)
        #expect(schema.problems.count == 5, "\(schema.problems)")
    }

    @Test func rowsAreJSONWithTheKeyFirst() {
        let schema = SampleLedger.accounts.schema
        let row = StoredRow(
            key: "a\"\\\n\u{1}é", values: [.text("ü"), .null, .integer(.max), .integer(.min), .timestamp(Timestamp(microseconds: 250_000))])
        #expect(
            RowJSON.text(row, schema)
                == #"{"accountId":"a\"\\\n\u0001é","owner":"ü","note":null,"deposits":9223372036854775807,"#
                + #""balanceMicros":"-9223372036854775808","lastAt":"1970-01-01T00:00:00.25Z"}"#)
        #expect(RowJSON.text(RowPage(rows: [], next: nil), schema) == #"{"rows":[],"next":null}"#)
        #expect(RowJSON.text(RowPage(rows: [row, row], next: "x"), schema).hasSuffix(#"}],"next":"x"}"#))
    }

    @Test func statusTellsPositionsAndLag() async throws {
        let system = try await filled()
        try await system.fill(10, from: 96)
        try await system.writer.appendVoid("account/1")
        let inspector = ReadModelInspector(
            [SampleLedger.accounts, SampleLedger.digits], store: system.store, log: system.log, topic: SampleSystem.topic)
        let status = await inspector.status()
        #expect(status[0].generations.map(\.state) == [.live] && status[0].error == nil)
        #expect(status[0].lagRecords == 11 && status[0].lagSeconds > 0)
        #expect(status[1].error == "no generation is live")
        let ends = try await system.fill(1, from: 106)
        try await system.running(system.runner(SampleLedger.accounts)) {
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
        }
    }
}
