import EventLog
import EventModel
import HighwaterTesting
import Synchronization
import Testing

@testable import ReadModel

/// A group whose members work on different databases, or do not work at all: each database becomes whole all the same, and says how far it is.
@Suite(.timeLimit(.minutes(5))) struct SharedGroupTests {
    private static func own(_ partitions: [Int32], of positions: [LogPosition]) -> [LogPosition] {
        positions.filter { partitions.contains($0.partition.partition.rawValue) }
    }

    /// Looks at times at which nothing else is due.
    private static func watching(_ system: SampleSystem) -> SampleSystem {
        var system = system
        system.options.watch = .seconds(4)
        system.options.adoption = .seconds(8)
        return system
    }

    /// Another member has half of the partitions and does nothing for this database.
    @Test func whatNobodyMovesIsLagAndIsTakenInTheEnd() async throws {
        let clock = ManualClock()
        let groups = InMemoryGroups()
        let system = Self.watching(try await SampleSystem(InMemoryReadModelStore(), partitions: 4, groups: groups))
        try await system.prepare(SampleLedger.accounts)
        let ends = try await system.fill(200)
        let group = system.store.group(of: "accounts")
        let runner = system.runner(SampleLedger.accounts, environment: clock.environment)
        try await system.running(runner) {
            await system.signal.wait(for: ends, in: "accounts")
            #expect(runner.status.lagRecords == 0)
            // Each reader has come to the end, and reads no more before time passes.
            await clock.sleepers(4, for: .milliseconds(20))
            let more = try await system.fill(100, from: 200)
            // The one that joins later gets the upper half.
            let stranger = try await system.log.join(group: group, topic: SampleSystem.topic)
            await system.signal.wait(for: Self.own([0, 1], of: more), in: "accounts")
            await clock.sleeper(for: .seconds(4))
            clock.advance(by: .seconds(4))
            await clock.sleeper(for: .seconds(4))
            let positions = try await system.store.livePositions(of: "accounts").positions
            let expected = Self.own([2, 3], of: more).reduce(Int64(0)) {
                $0 + $1.offset.rawValue - (positions[$1.partition.partition]?.offset.rawValue ?? -1)
            }
            let status = runner.status
            #expect(expected > 0 && status.lagRecords == expected, "\(status)")
            #expect(Set(status.partitions.keys) == [Partition(0), Partition(1)])
            #expect(status.lag == "lag \(expected), \(expected) of it in partitions that other workers have")
            #expect(!status.isCaughtUp)

            for _ in 0..<2 {
                clock.advance(by: .seconds(4))
                await clock.sleeper(for: .seconds(4))
            }
            await system.signal.wait(for: more, in: "accounts")
            #expect(Set(runner.status.partitions.keys) == Set(Partition.all(of: 4)))
            #expect(runner.status.lagRecords == 0)
            await stranger.leave()
        }
        #expect(try await system.verification(SampleLedger.accounts).run().isEqual)
    }

    /// As of a copy of a whole disk, which nothing tells from the original.
    @Test func twoDatabasesInOneGroupBecomeWhole() async throws {
        let clock = ManualClock()
        let first = try await SampleSystem(InMemoryReadModelStore(), partitions: 4, groups: InMemoryGroups())
        let second = SampleSystem(first, InMemoryReadModelStore())
        for system in [first, second] { try await system.prepare(SampleLedger.accounts) }
        let ends = try await first.fill(200)
        let runners = (
            first.runner(SampleLedger.accounts, environment: clock.environment),
            second.runner(SampleLedger.accounts, environment: clock.environment)
        )
        try await first.running(runners.0, runners.1) {
            let waiting = Task {
                for system in [first, second] { await system.signal.wait(for: ends, in: "accounts") }
            }
            await clock.flowing { await waiting.value }
        }
        for system in [first, second] { #expect(try await system.verification(SampleLedger.accounts).run().isEqual) }
    }

    @Test func aPositionMustStandStillForLong() {
        var stalled = StalledPartitions()
        func look(_ offsets: [Int32: Int64], at seconds: Int64) -> Set<Partition> {
            let positions = offsets.map {
                (Partition($0.key), ChainPosition(offset: Offset($0.value), chain: ChainRule(epoch: Epoch(1), sequence: CommitSequence(1))))
            }
            return stalled.look(
                at: Dictionary(uniqueKeysWithValues: positions), patience: .seconds(10), now: Timestamp(microseconds: seconds * 1_000_000))
        }
        #expect(look([0: 5, 1: 5], at: 0).isEmpty)
        #expect(look([0: 5, 1: 6], at: 9).isEmpty)
        #expect(look([0: 5, 1: 6], at: 10) == [Partition(0)])
        // Nothing waits in it any more, and what waits later has not stood still.
        #expect(look([1: 6], at: 12).isEmpty)
        #expect(look([0: 5, 1: 6], at: 19) == [Partition(1)])
    }

    @Test func adoptionsEndWithTheNextAssignmentOrWhenAnotherIsAtWork() {
        let assigned = AssignedPartitions()
        assigned.set([Partition(0)])
        #expect(assigned.adopt([Partition(0), Partition(1)]) == [Partition(1)])
        #expect(assigned.adopt([Partition(1)]).isEmpty)
        #expect(assigned.current.partitions == [Partition(0), Partition(1)])
        // The same set again is none.
        let version = assigned.current.version
        assigned.set([Partition(0)])
        #expect(assigned.current.version == version && assigned.current.partitions.count == 2)
        assigned.disown()
        #expect(assigned.current.partitions == [Partition(0)])
        _ = assigned.adopt([Partition(2)])
        assigned.set([Partition(1)])
        #expect(assigned.current.partitions == [Partition(1)])
    }

    /// The running worker notices, and goes on once the topic is as it was.
    @Test func partitionsAddedToTheTopicStopTheProjection() async throws {
        let clock = ManualClock()
        let system = Self.watching(try await SampleSystem(InMemoryReadModelStore(), partitions: 2))
        try await system.prepare(SampleLedger.accounts)
        let ends = try await system.fill(50)
        let log = GrownLog(system.log)
        let runner = system.runner(SampleLedger.accounts, log: log, environment: clock.environment)
        try await system.running(runner) {
            await system.signal.wait(for: ends, in: "accounts")
            log.grow(to: 4)
            await clock.sleeper(for: .seconds(4))
            clock.advance(by: .seconds(4))
            while runner.status.failure == nil {
                clock.advance(by: .milliseconds(20))
                await Task.yield()
            }
            let failure = runner.status.failure ?? ""
            #expect(failure.contains("has 4 partitions and was written when it had 2"), "\(failure)")
            log.grow(to: 2)
            let more = try await system.fill(50, from: 50)
            let waiting = Task { await system.signal.wait(for: more, in: "accounts") }
            await clock.flowing { await waiting.value }
            #expect(runner.status.failure == nil)
        }
    }
}

/// A log whose topics seem to have another number of partitions.
private final class GrownLog: EventLog {
    private let log: InMemoryLog
    private let count = Mutex<Int?>(nil)

    init(_ log: InMemoryLog) { self.log = log }

    func grow(to partitions: Int) { count.withLock { $0 = partitions } }

    func partitionCount(of topic: Topic) async throws(LogError) -> Int? {
        if let count = count.withLock({ $0 }) { return count }
        return try await log.partitionCount(of: topic)
    }

    func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) { try await log.createTopic(topic, settings) }
    func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? { try await log.describe(topic) }
    func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> { try await log.bounds(of: partition) }
    func makeProducer() async throws(LogError) -> any LogProducer { try await log.makeProducer() }
    func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        try await log.makeReader(of: partition, from: offset)
    }
    func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership { try await log.join(group: group, topic: topic) }
}
