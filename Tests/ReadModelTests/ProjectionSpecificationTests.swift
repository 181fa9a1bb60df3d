import EventModel
import HighwaterTesting
import ReadModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProjectionSpecificationTests {
    private var history: RecordedHistory<SampleLedger.Event> {
        var history = RecordedHistory<SampleLedger.Event>()
        for index in 0..<30 {
            history.record("account/\(index % 7)", .opened(owner: "o\(index)"), .deposited(Int64(index)))
        }
        history.record("account/3", .closed)
        return history
    }

    @Test func tellsTheRows() async throws {
        let rows = try await ProjectionSpecification(SampleLedger.Accounts()).rows(after: history)
        #expect(rows.count == 6 && rows["3"] == nil)
        #expect(rows["1"]?.balance == Int64(75))
        let digits = try await ProjectionSpecification(SampleLedger.Digits()).rows(after: history)
        #expect(digits["5"]?.count == 3 && digits["5"]?.total == Int64(45))
    }

    @Test func noticesAFoldThatIsNotPure() async throws {
        await #expect(throws: BrokenProjectionLaw.self) {
            _ = try await ProjectionSpecification(Impure()).rows(after: history)
        }
    }

    @Test func noticesAReducerThatDoesNotCombine() async throws {
        await #expect(throws: BrokenProjectionLaw.self) {
            _ = try await ProjectionSpecification(LastWins()).rows(after: history)
        }
    }

    struct Row: ReadModelRow {
        var value: Int64 = 0
        static let columns: [Column<Row>] = [.integer("value", \.value, reduce: .sum)]
    }

    /// Counts its own calls.
    struct Impure: Projection {
        static let id = ProjectionID("impure", version: 1)
        static let key = KeyColumn("id", .byStream)
        static let calls = Atomic<Int64>(0)
        func key(for event: Recorded<SampleLedger.Event>) -> String? { String(event.stream.key) }
        func evolve(_ row: inout Row?, by event: Recorded<SampleLedger.Event>) {
            row = Row(value: Self.calls.add(1, ordering: .relaxed).newValue)
        }
    }

    /// Keeps the last amount and says that partitions' amounts are to be summed.
    struct LastWins: Projection {
        static let id = ProjectionID("last-wins", version: 1)
        static let key = KeyColumn("all", .combined)
        func key(for event: Recorded<SampleLedger.Event>) -> String? { "all" }
        func evolve(_ row: inout Row?, by event: Recorded<SampleLedger.Event>) {
            if case .deposited(let amount) = event.event { row = Row(value: amount) }
        }
    }
}
