import EventLog
import EventModel
import HighwaterTesting
import ReadModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProjectionRunnerTests {
    @Test func appliesWhatIsThereAndWhatComes() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore())
        let before = try await system.fill(200)
        try await system.prepare(SampleLedger.accounts)
        let runner = system.runner(SampleLedger.accounts)
        let queries = system.queries(SampleLedger.accounts)
        try await system.running(runner) {
            let page = try await queries.rows(of: "accounts", waitFor: before, timeout: .seconds(600))
            #expect(before.allSatisfy(page.positions.hasApplied))
            let position = try await system.writer.append("account/new", SampleLedger.encode(.opened(owner: "me")))
            let row = try await queries.row(of: "accounts", key: "new", waitFor: [position], timeout: .seconds(600))
            #expect(row.value?.values.first == .text("me"))
        }
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
        #expect(runner.status.lagRecords == 0)
    }

    @Test func anUnreadableEventStopsItsPartitionAloneAndIsNamed() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore(), partitions: 2)
        try await system.prepare(SampleLedger.accounts)
        let good = try await system.writer.append("account/0", SampleLedger.encode(.opened(owner: "a")))
        let bad = try await system.writer.append("account/0", SampleLedger.encode(.deposited(1)), SampleLedger.unreadable)
        var other = "account/1"
        var number = 1
        while Partitioner.partition(forKey: other.utf8, count: 2) == bad.partition.partition {
            number += 1
            other = "account/\(number)"
        }
        let elsewhere = other
        let fine = try await system.writer.append(elsewhere, SampleLedger.encode(.opened(owner: "b")))
        let runner = system.runner(SampleLedger.accounts)
        let queries = system.queries(SampleLedger.accounts)
        try await system.running(runner) {
            let rows = try await queries.rows(of: "accounts", waitFor: [good, fine], timeout: .seconds(600))
            #expect(rows.value.rows.count == 2)
            // The other partition flows on.
            let later = try await system.writer.append(elsewhere, SampleLedger.encode(.deposited(1)))
            _ = try await queries.row(of: "accounts", key: "0", waitFor: [later], timeout: .seconds(600))
            let failure = runner.status.partitions[bad.partition.partition]?.failure ?? ""
            #expect(failure.contains("\(bad)") && failure.contains("account/0"), "\(failure)")
            #expect(runner.status.isCaughtUp == false)
            let row = try await queries.row(of: "accounts", key: "0")
            #expect(row.value?.values[2] == .integer(0), "half of the unreadable commit was applied")
            await #expect(throws: ReadModelError(.behind, "")) {
                try await queries.row(of: "accounts", key: "0", waitFor: [bad], timeout: .milliseconds(20))
            }
        }
    }

    /// What a stream's first commit concerns cannot be in the table yet; what a later one does may be.
    @Test func asksForNoRowsOfNewStreams() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore(), partitions: 1)
        try await system.prepare(SampleLedger.accounts)
        let asked = Atomic(0)
        let store = InterceptedReadModelStore(system.store) { step in
            if step == .beforeRows { asked.add(1, ordering: .relaxed) }
        }
        let queries = system.queries(SampleLedger.accounts)
        let opened = SampleLedger.encode(.opened(owner: "a"))
        let commits: [(stream: String, events: [EncodedEvent], asked: Int)] = [
            ("account/0", [opened], 0), ("account/1", [opened, SampleLedger.encode(.deposited(1))], 0),
            ("account/1", [SampleLedger.encode(.deposited(2))], 1), ("account/2", [opened], 1),
        ]
        for commit in commits {
            let position = try await system.writer.append(commit.stream, commit.events)
            // Each time another runner, with no rows in memory.
            try await system.running(system.runner(SampleLedger.accounts, store: store)) {
                _ = try await queries.positions(of: "accounts", waitFor: [position], timeout: .seconds(600))
            }
            #expect(asked.load(ordering: .relaxed) == commit.asked, "\(commit)")
        }
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    @Test func aRowThatCannotBeStoredStopsItsPartitionAndIsNamed() async throws {
        let system = try await SampleSystem(InMemoryReadModelStore(), partitions: 1)
        try await system.prepare(SampleLedger.accounts)
        try await system.writer.append("account/0", SampleLedger.encode(.opened(owner: "a")))
        let good = try await system.writer.append("account/1", SampleLedger.encode(.opened(owner: "b")))
        let bad = try await system.writer.append("account/1", SampleLedger.encode(.noted("a\0b")))
        try await system.writer.append("account/1", SampleLedger.encode(.opened(owner: "c")))
        let runner = system.runner(SampleLedger.accounts)
        try await system.running(runner) {
            let rows = try await system.queries(SampleLedger.accounts).rows(of: "accounts", waitFor: [good], timeout: .seconds(600))
            #expect(rows.value.rows.map { $0.values[0] } == [.text("a"), .text("b")])
        }
        let position = try await system.store.livePositions(of: "accounts").positions[Partition(0)]
        #expect(position?.offset == good.offset && bad.offset == good.offset.next)
    }

    /// Built in bulk it would stop everything; event by event, everything but its partition.
    @Test func anUnreadableEventInALongLogStopsItsPartitionAlone() async throws {
        var system = try await SampleSystem(InMemoryReadModelStore(), partitions: 2)
        system.options.bulkRecords = 10
        let ends = try await system.fill(50)
        let bad = try await system.writer.append("account/0", SampleLedger.unreadable)
        let fine = ends.filter { $0.partition != bad.partition }
        let runner = system.runner(SampleLedger.accounts)
        try await system.running(runner) { [system] in
            await system.signal.wait(for: ends, in: "accounts")
            _ = try await system.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: fine, timeout: .seconds(600))
        }
        let position = try await system.store.livePositions(of: "accounts").positions[bad.partition.partition]
        #expect(position?.offset.next == bad.offset)
        #expect(runner.status.partitions[bad.partition.partition]?.failure?.contains("\(bad)") == true)
    }

    @Test func aTruncatedLogStopsTheProjectionUntilItIsRebuilt() async throws {
        let store = InMemoryReadModelStore()
        let old = try await SampleSystem(store, partitions: 1)
        try await old.prepare(SampleLedger.accounts)
        let ends = try await old.fill(60)
        try await old.running(old.runner(SampleLedger.accounts)) {
            _ = try await old.queries(SampleLedger.accounts).positions(of: "accounts", waitFor: ends, timeout: .seconds(600))
        }
        // The same topic, recreated: other records at the same offsets, and fewer.
        let new = try await SampleSystem(store, partitions: 1)
        let fewer = try await new.fill(10, accounts: 4)
        let (told, tell) = AsyncStream<Void>.makeStream()
        let watched = InterceptedReadModelStore(store) { _ in }
        let environment = EngineEnvironment(
            clock: TellingClock { tell.yield() }, now: EngineEnvironment.system.now, jitter: EngineEnvironment.system.jitter)
        let runner = new.runner(SampleLedger.accounts, store: watched, environment: environment)
        try await new.running(runner) {
            // It sleeps once it is stopped, among other times.
            for await _ in told {
                guard case .stopped(let error) = runner.status.state else { continue }
                #expect(error.contains("truncated or recreated"), "\(error)")
                break
            }
            #expect(try await store.livePositions(of: "accounts").positions[Partition(0)]?.offset == ends[0].offset)
            let result = try await new.rebuild(SampleLedger.accounts).run()
            #expect(result.outcome == .swapped && result.verification == nil)
            let more = try await new.fill(10, accounts: 4, from: 10)
            _ = try await new.queries(SampleLedger.accounts, signal: AppliedSignal()).positions(
                of: "accounts", waitFor: fewer + more, timeout: .seconds(600))
        }
        #expect(try await new.verification(SampleLedger.accounts).run().isEqual)
    }

}

/// Tells of each sleep, and sleeps a moment.
struct TellingClock: Clock {
    let onSleep: @Sendable () -> Void
    init(_ onSleep: @escaping @Sendable () -> Void) { self.onSleep = onSleep }

    var now: ContinuousClock.Instant { ContinuousClock().now }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        onSleep()
        try await ContinuousClock().sleep(until: deadline, tolerance: tolerance)
    }
}
