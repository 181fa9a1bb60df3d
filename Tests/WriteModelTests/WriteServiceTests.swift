import EventLog
import EventModel
import HighwaterTesting
import Logging
import Testing

@testable import WriteModel

/// The write model as its callers see it, on the in-memory log.
@Suite(.timeLimit(.minutes(5)))
struct WriteServiceTests {
    let log = InMemoryLog()
    let stores = InMemoryStateStores()

    @Test func commitsAndAnswersWithVersionAndPosition() async throws {
        try await running { service in
            let first = try #require(try await service.execute(.add(1, to: "a", id: "1")).receipt)
            #expect(first.version == StreamVersion(1))
            #expect(first.createdStream && !first.isReplay)
            let second = try #require(try await service.execute(.add(2, to: "a", id: "2")).receipt)
            #expect(second.version == StreamVersion(2))
            #expect(second.position.offset == first.position.offset.next)
        }
    }

    @Test func repeatsTheOutcomeOfARepeatedCommand() async throws {
        try await running { service in
            let first = try #require(try await service.execute(.add(1, to: "a", id: "1")).receipt)
            let again = try #require(try await service.execute(.add(1, to: "a", id: "1")).receipt)
            #expect(again.isReplay && again.position == first.position && again.events == first.events)
            guard case .idempotencyKeyReused = try await service.execute(.add(2, to: "a", id: "1")) else {
                Issue.record("a reused id was taken")
                return
            }
        }
    }

    @Test func holdsAgainstExpectedVersions() async throws {
        try await running { service in
            _ = try await service.execute(.add(1, to: "a", id: "1", expected: .noStream))
            guard case .conflict(_, StreamVersion(1)) = try await service.execute(.add(1, to: "a", id: "2", expected: .noStream)),
                case .conflict(_, StreamVersion(1)) = try await service.execute(
                    .add(1, to: "a", id: "3", expected: .exactly(StreamVersion(7))))
            else {
                Issue.record("a version conflict was not seen")
                return
            }
            let outcome = try await service.execute(.add(1, to: "a", id: "4", expected: .exactly(StreamVersion(1))))
            #expect(outcome.receipt != nil)
        }
    }

    @Test func holdsAgainstSetsOfVersions() async throws {
        let one = ExpectedVersion.Versions.listed([StreamVersion(1)])
        let oneOrTwo = ExpectedVersion.Versions.listed([StreamVersion(1), StreamVersion(2)])
        try await running { service in
            func isConflict(_ id: String, _ expected: ExpectedVersion) async throws -> Bool {
                let outcome = try await service.execute(.add(1, to: "a", id: id, expected: expected))
                if case .conflict(expected, _) = outcome { return true }
                #expect(outcome.receipt != nil)
                return false
            }
            let conflicts = [
                try await isConflict("1", .exists), try await isConflict("2", .any),
                try await isConflict("3", ExpectedVersion(match: .listed([]))),
                try await isConflict("4", ExpectedVersion(noneMatch: one)), try await isConflict("5", .exists),
                try await isConflict("6", ExpectedVersion(match: .existing, noneMatch: oneOrTwo)),
                try await isConflict("7", ExpectedVersion(match: oneOrTwo)), try await isConflict("8", ExpectedVersion(match: oneOrTwo)),
            ]
            #expect(conflicts == [true, false, true, true, false, true, false, true])
        }
    }

    /// The demand is looked at in the command's turn, on all that is in flight before it.
    @Test func ofCommandsThatDemandTheSameVersionsOneWins() async throws {
        try await running { service in
            _ = try await service.execute(.add(1, to: "a", id: "first"))
            let versions = ExpectedVersion.Versions.listed([StreamVersion(0), StreamVersion(1)])
            let won = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let command = try Command.add(1, to: "a", id: "\(number)", expected: ExpectedVersion(match: versions))
                        return await service.execute(command).receipt != nil
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(won == 1)
        }
    }

    @Test func refusesAndLeavesTheLogUntouched() async throws {
        try await running { service in
            guard case .refused(let refusal, .none) = try await service.execute(.add(101, to: "a", id: "1")) else {
                Issue.record("not refused")
                return
            }
            #expect(refusal.name == "beyond-limit")
            guard case .unchanged(.none, _) = try await service.execute(.named("do-nothing", "", to: "a", id: "2")) else {
                Issue.record("a command without events changed something")
                return
            }
            #expect(try await service.events(of: StreamID("tally/a"), from: StreamVersion(1), limit: 10).isEmpty)
        }
    }

    @Test func remembersAcrossRestarts() async throws {
        try await running { service in
            for n in 1...50 { _ = try await service.execute(.add(1, to: "a", id: "\(n)")) }
        }
        try await running { service in
            let replay = try #require(try await service.execute(.add(1, to: "a", id: "3")).receipt)
            #expect(replay.isReplay && replay.version == StreamVersion(3))
            let state = try await service.state(of: StreamID("tally/a"), at: nil)
            #expect(state?.json == "50")
            let next = try await service.execute(.add(1, to: "a", id: "51"))
            #expect(next.receipt?.version == StreamVersion(51))
        }
    }

    @Test func rebuildsTheStateStoreWhenItIsLostOrOfAnotherFold() async throws {
        try await running { service in _ = try await service.execute(.add(7, to: "a", id: "1")) }
        for (stores, foldVersion) in [(InMemoryStateStores(), 1), (self.stores, 2)] {
            try await running(stores: stores, foldVersion: foldVersion) { service in
                let state = try await service.state(of: StreamID("tally/a"), at: nil)
                #expect(state?.json == "7")
                let repeated = try await service.execute(.add(7, to: "a", id: "1"))
                #expect(repeated.receipt?.isReplay == true)
            }
        }
    }

    @Test func tellsTheHistoryOfAStream() async throws {
        try await running { service in
            let stream = try StreamID("tally/a")
            for n in 1...250 { _ = try await service.execute(.add(n % 2 == 0 ? -1 : 1, to: "a", id: "\(n)")) }
            let events = try await service.events(of: stream, from: StreamVersion(10), limit: 100)
            #expect(events.map(\.id.version.rawValue) == Array(10..<110))
            let early = try await service.state(of: stream, at: StreamVersion(3))
            #expect(early?.json == "1")
            let last = try await service.state(of: stream, at: StreamVersion(250))
            #expect(last?.json == "0")
            let beyond = try await service.state(of: stream, at: StreamVersion(251))
            #expect(beyond == nil)
            let missing = try await service.state(of: StreamID("tally/none"), at: nil)
            #expect(missing == nil)
        }
    }

    /// Trying again would not help, and the recorded events can be had all the same.
    @Test func aStateOfEventsThatCannotBeReadIsToldAsSuch() async throws {
        try await running { service in _ = try await service.execute(.add(7, to: "a", id: "1")) }
        try await running(readsEvents: false) { service in
            let stream = try StreamID("tally/a")
            do {
                _ = try await service.state(of: stream, at: nil)
                Issue.record("a state was made of an event that cannot be read")
            } catch let error as HistoryError {
                #expect(error.code == .unreadable)
                #expect(error.description.contains("not a number"))
            }
            #expect(try await service.events(of: stream, from: StreamVersion(1), limit: 10).count == 1)
        }
    }

    /// What tells of nothing recorded tells up to where that is true.
    @Test func whatIsNotThereHasAPosition() async throws {
        try await running(partitions: 1) { service in
            let stream = try StreamID("tally/none")
            let claimed = try await service.accountedPosition(of: stream)
            #expect(claimed == LogPosition(TopicPartition("counting", Partition(0)), Offset(0)))
            guard case .unchanged(.none, claimed) = try await service.execute(.named("do-nothing", "", to: "none", id: "1")) else {
                Issue.record("not answered with the claim's position")
                return
            }
            let receipt = try #require(try await service.execute(.add(1, to: "a", id: "1")).receipt)
            #expect(try await service.accountedPosition(of: stream) == receipt.position)
            guard
                case .unchanged(StreamVersion(1), receipt.position) = try await service.execute(.named("do-nothing", "", to: "a", id: "2"))
            else {
                Issue.record("not answered with the position of the stream's commit")
                return
            }
        }
    }

    /// Who has been deposed does not say up to where it has seen the log.
    @Test func aDeposedWriterHasNoPosition() async throws {
        try await running(partitions: 1) { first in
            try await running(partitions: 1, stores: InMemoryStateStores(), instance: "second") { second in
                _ = try await first.execute(.add(1, to: "a", id: "1"))
                let error = await #expect(throws: HistoryError.self) { try await first.accountedPosition(of: StreamID("tally/a")) }
                #expect(error?.code == .notOwner)
            }
        }
    }

    @Test func decidesConcurrentCommandsOneAfterTheOther() async throws {
        try await running { service in
            let accepted = await withTaskGroup(of: Bool.self) { group in
                for n in 0..<300 { group.addTask { await service.execute(try! .add(1, to: "a", id: "\(n)")).receipt != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(accepted == 100)
            let total = try await service.state(of: StreamID("tally/a"), at: nil)
            #expect(total?.json == "100")
        }
    }

    @Test func aSecondWriterDeposesTheFirst() async throws {
        try await running { first in
            #expect(try await first.execute(.add(1, to: "a", id: "1")).receipt != nil)
            try await running(stores: InMemoryStateStores(), instance: "second") { second in
                #expect(try await second.execute(.add(1, to: "a", id: "2")).receipt?.version == StreamVersion(2))
                guard case .notOwner = try await first.execute(.add(1, to: "a", id: "3")) else {
                    Issue.record("a deposed writer has acknowledged")
                    return
                }
                // Operators learn who it is, clients only that it is another.
                let reason = try #require(await first.reasonNotOwner(of: StreamID("tally/a")))
                #expect(reason.contains("another instance has claimed") && !reason.contains("second"))
                #expect(await first.ownership().contains { $0.reason?.contains("'second-") == true })
                #expect(try await second.execute(.add(1, to: "a", id: "4")).receipt?.version == StreamVersion(3))
            }
        }
    }

    @Test func oneWhoseStateStoreWasOpenedByAnotherDoesNotClaimBehindIt() async throws {
        let clock = ManualClock()
        try await running(partitions: 1, clock: clock) { first in
            #expect(try await first.execute(.add(1, to: "a", id: "1")).receipt != nil)
            // Another process opens the store, and is slow to claim.
            _ = await stores.open(TopicPartition("counting", Partition(0)), foldVersion: first.context.foldVersion)
            guard case .unavailable(let reason) = try await first.execute(.add(1, to: "b", id: "2")), reason.contains("opened again") else {
                Issue.record("a writer without its store has decided")
                return
            }
            await clock.sleeper(for: .seconds(5))
            try await running(partitions: 1, stores: InMemoryStateStores(), instance: "second") { second in
                clock.advance(by: .seconds(5))
                let ownership = await first.ownership { $0.reason?.contains("opened again") != true }
                #expect(ownership.reason?.contains("has claimed") == true)
                let next = try await second.execute(.add(1, to: "a", id: "3"))
                #expect(next.receipt?.version == StreamVersion(2))
            }
        }
    }

    @Test func oneWhoseStateStoreWasOpenedForNothingClaimsAgain() async throws {
        let clock = ManualClock()
        try await running(partitions: 1, clock: clock) { service in
            #expect(try await service.execute(.add(1, to: "a", id: "1")).receipt != nil)
            _ = await stores.open(TopicPartition("counting", Partition(0)), foldVersion: service.context.foldVersion)
            _ = try await service.execute(.add(1, to: "b", id: "2"))
            await clock.sleeper(for: .seconds(5))
            clock.advance(by: .seconds(5))
            _ = await service.ownership(\.isOwner)
            #expect(try await service.execute(.add(1, to: "a", id: "3")).receipt?.version == StreamVersion(2))
        }
    }

    /// Neither of a store that cannot be opened nor of one that cannot be read are clients told more than that.
    @Test func aFaultyStateStoreIsToldWithoutItsPath() async throws {
        let service = WriteService(
            BoundedContext("counting", categories: [.tally()]), log: log, stores: NoStores(),
            options: WriteService.Options(instance: "first"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await service.open()
        try await withServiceRunning(service) {
            let ownership = await service.ownership { $0.reason?.contains("claimed yet") == false }
            #expect(ownership.reason?.contains("/secret") == true)
            let told = try #require(await service.reasonNotOwner(of: StreamID(trusted: "tally/a")))
            #expect(told.contains("state store") && !told.contains("/secret"))
        }
        var bench = WriterBench.owning()
        try bench.command("c1", ticket: 1)
        bench.load()
        let report = PartitionWriter.Input.reported(
            try #require(bench.wire.first).id,
            .failure(LogError(.storage, "cannot append in the log at /secret/log.sqlite: the disk is full")))
        let actions = bench.writer.handle(report, at: Timestamp(microseconds: 0))
        let answers = actions.compactMap { if case .answer(_, .unavailable(let told)) = $0 { told } else { nil } }
        #expect(answers.count == 1 && answers.allSatisfy { $0.contains("full") && !$0.contains("/secret") }, "\(answers)")
    }

    /// Without its state store an instance reads the whole partition first. The others are commanded meanwhile.
    @Test func aPartitionThatIsStillReadIsToldWithHowFar() async throws {
        let context = BoundedContext("counting", categories: [.tally()])
        let slow = TopicPartition(context.topic, context.partition(of: try StreamID("tally/a"), count: 2))
        let quick = try #require(
            (0..<64).map { "b\($0)" }.first { context.partition(of: StreamID(trusted: "tally/\($0)"), count: 2) != slow.partition })
        try await log.createTopic(context.topic, partitions: 2)
        let producer = try await log.makeProducer()
        func append(_ record: Record) { producer.append(LogRecord(key: [], value: Bytes(record.encoded)), to: slow) { _ in } }
        append(.claim(Claim(epoch: Epoch(1), writer: "gone", at: Timestamp(microseconds: 0), partitions: 2)))
        for number in 1...12_000 as ClosedRange<Int64> {
            append(
                .commit(
                    Commit(
                        epoch: Epoch(1), sequence: CommitSequence(number), stream: try StreamID("tally/a"),
                        firstVersion: StreamVersion(number),
                        commandID: CommandID(trusted: "\(number)"), commandDigest: [], at: Timestamp(microseconds: 0),
                        events: [EncodedEvent(type: "tally.added.v1", data: [UInt8(ascii: "0")])])))
        }
        let gated = GatedLog(log)
        gated.holdReaders(of: slow)
        let service = WriteService(
            context, log: gated, stores: stores, options: WriteService.Options(instance: "first"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withServiceRunning(service) {
            while try await service.execute(.add(1, to: quick, id: "1")).receipt == nil { await Task.yield() }
            var known = try #require(await service.ownership().first { $0.partition == slow })
            while known.reading == nil {
                await Task.yield()
                known = try #require(await service.ownership().first { $0.partition == slow })
            }
            #expect(!known.isOwner && known.reading == ReadingProgress(read: 0, total: 12_001))
            #expect(known.reason == "reading \(slow): 0 % of 12,001 records")
            guard case .unavailable(let told) = try await service.execute(.add(1, to: "a", id: "1")) else {
                Issue.record("a command was decided on a part of its stream")
                return
            }
            #expect(told.contains("still reading \(slow): 0 % of 12,001 records; nothing happened"))
            gated.release()
            try await service.ready()
            #expect(try await service.execute(.add(1, to: "a", id: "new")).receipt?.version == StreamVersion(12_001))
            #expect(await service.ownership().allSatisfy { $0.isOwner && $0.reading == nil && $0.reason == nil })
        }
    }

    @Test func progressIsToldInWholePercent() {
        #expect("\(ReadingProgress(read: 0, total: 0))" == "100 % of 0 records")
        #expect("\(ReadingProgress(read: 999, total: 1000))" == "99 % of 1,000 records")
        #expect("\(ReadingProgress(read: 610_999, total: 1_001_000))" == "61 % of 1,001,000 records")
        #expect(ReadingProgress(read: 1, total: 2) + ReadingProgress(read: 3, total: 8) == ReadingProgress(read: 4, total: 10))
    }

    @Test func answersEverybodyOnShutdownAndTakesNoMore() async throws {
        let service = try await running { service in
            await withTaskGroup { group in
                for n in 0..<50 {
                    group.addTask { _ = await service.execute(try! .add(1, to: "a", id: "\(n)")) }
                }
            }
        }
        guard case .unavailable = try await service.execute(.add(1, to: "a", id: "late")) else {
            Issue.record("taken after the end")
            return
        }
    }

    /// Runs a service for the length of `body`, then shuts it down as SIGTERM does.
    @discardableResult
    private func running(
        partitions: Int = 2, stores: InMemoryStateStores? = nil, foldVersion: Int = 1, instance: String = "first",
        readsEvents: Bool = true, clock: ManualClock? = nil,
        _ body: (WriteService) async throws -> Void
    ) async throws -> WriteService {
        var options = WriteService.Options(instance: "\(instance)-\(UInt64.random(in: 0 ... .max))")
        options.partitions = partitions
        // Nobody's deadline: a busy machine may take its time.
        options.timeout = .seconds(600)
        let service = WriteService(
            BoundedContext("counting", categories: [.tally(foldVersion: foldVersion, readsEvents: readsEvents)]), log: log,
            stores: stores ?? self.stores,
            options: options, environment: clock?.environment ?? .system, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withServiceRunning(service) {
            try await service.ready()
            try await body(service)
        }
        return service
    }
}

extension WriteService {
    /// Of the first partition, once it is as wanted.
    fileprivate func ownership(_ isWanted: (PartitionOwnership) -> Bool) async -> PartitionOwnership {
        while true {
            let ownership = await ownership()[0]
            if isWanted(ownership) { return ownership }
            // An actor that nobody else uses is entered without giving the thread away.
            await Task.yield()
        }
    }
}

extension CommandOutcome {
    var receipt: CommitReceipt? { if case .committed(let receipt) = self { receipt } else { nil } }
}

/// Where no state store can be opened.
private struct NoStores: StateStoreProvider {
    func open(_ partition: TopicPartition, foldVersion: String) async throws -> any StateStore {
        throw StateStoreError(.storage, "cannot make the folder '/secret' for state stores")
    }
}
