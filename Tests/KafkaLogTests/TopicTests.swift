import EventLog
import EventModel
import Synchronization
import Testing

@testable import KafkaLog

@Suite struct TopicTests {
    /// Says of a topic's settings one thing after the other.
    private final class Administration: TopicAdministration {
        private let cluster: MockCluster
        private let answers: Mutex<[Result<[String: String], LogError>]>

        init(_ cluster: MockCluster, saying answers: [Result<[String: String], LogError>]) {
            self.cluster = cluster
            self.answers = Mutex(answers)
        }

        func create(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) { try await cluster.create(topic, settings) }
        func settings(of topic: Topic) async throws(LogError) -> [String: String] { try answers.withLock { $0.removeFirst() }.get() }
    }

    /// Says that it makes topics, and does not.
    private struct IdleAdministration: TopicAdministration {
        func create(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {}
        func settings(of topic: Topic) async throws(LogError) -> [String: String] { [:] }
    }

    @Test(arguments: [1, 2, 3]) func aTopicIsMadeAsItsCheckDemands(replicas: Int) {
        for retention in [TopicSettings.Retention.forever, .newestPerKey] {
            let made = BrokerAdministration.configuration(for: TopicSettings(partitions: 1, retention: retention), replicas: replicas)
            let description = TopicDescription(partitions: 1, replicas: replicas, settings: made)
            #expect(description.problems(for: retention).isEmpty)
            // One copy alone is never two in sync.
            #expect(made["min.insync.replicas"] == (replicas > 1 && retention == .forever ? "2" : nil))
        }
    }

    @Test func aTopicIsMadeForTheRecordsThatItIsToTake() {
        let made = BrokerAdministration.configuration(for: TopicSettings(partitions: 1, recordBytes: 5_000), replicas: 1)
        #expect(made["max.message.bytes"] == "5000")
        #expect(BrokerAdministration.configuration(for: TopicSettings(partitions: 1), replicas: 1)["max.message.bytes"] == nil)
    }

    @Test func whoeverSaysHowManyMustBeInSyncIsHeard() {
        let wanted = TopicSettings(partitions: 1, minimumInSyncReplicas: 3)
        for replicas in [nil, 5] {
            #expect(BrokerAdministration.configuration(for: wanted, replicas: replicas)["min.insync.replicas"] == "3")
        }
        let unknown = BrokerAdministration.configuration(for: TopicSettings(partitions: 1), replicas: nil)
        #expect(unknown["min.insync.replicas"] == nil)
    }

    @Test(.timeLimit(.minutes(5)), arguments: [LogError.Code.timedOut, .unavailable])
    func aFaultWhileSettingsAreReadIsNotTakenForARefusal(code: LogError.Code) async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(
            administration: Administration(cluster, saying: [.failure(LogError(code, "not now")), .success(["retention.ms": "7"])]))
        try await log.createTopic("ordering", partitions: 3)
        await #expect(throws: LogError(code, "")) { _ = try await log.describe("ordering") }
        #expect(try await log.describe("ordering") == TopicDescription(partitions: 3, replicas: 1, settings: ["retention.ms": "7"]))
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aRefusalToTellSettingsIsAskedAgain() async throws {
        let cluster = try MockCluster()
        let log = try cluster.openLog(
            administration: Administration(
                cluster, saying: [.failure(LogError(.misconfigured, "not for you")), .success(["retention.ms": "7"])]))
        try await log.createTopic("ordering", partitions: 3)
        #expect(try await log.describe("ordering") == TopicDescription(partitions: 3, replicas: 1))
        #expect(try await log.describe("ordering")?.settings == ["retention.ms": "7"])
        #expect(try await log.describe("nowhere") == nil)
        await log.close()
    }

    /// The mock names no controller, for which librdkafka would wait until the time is over.
    @Test(.timeLimit(.minutes(5))) func brokersThatDoNotKnowTheQuestionAreNotWaitedFor() async throws {
        let cluster = try MockCluster()
        try await cluster.perform("topic ordering 3")
        let log = try KafkaLog(brokers: cluster.brokers, clientID: "test", logger: .quiet)
        let clock = ContinuousClock()
        let began = clock.now
        for _ in 0..<3 { #expect(try await log.describe("ordering") == TopicDescription(partitions: 3, replicas: 1)) }
        #expect(clock.now - began < .seconds(12))
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aTopicThatDoesNotShowUpIsNotWaitedForForEver() async throws {
        let cluster = try MockCluster()
        let time = SkippingTime()
        let log = try cluster.openLog(administration: IdleAdministration(), environment: time.environment)
        await #expect(throws: LogError(.timedOut, "")) { try await log.createTopic("ordering", partitions: 1) }
        #expect(time.slept >= .seconds(10))
        await log.close()
    }

    /// Not the leader; of a new one, that it does not know the end yet.
    @Test(.timeLimit(.minutes(5)), arguments: ["6", "5", "78"])
    func aLeaderThatIsNoneIsAskedAgain(error: String) async throws {
        let cluster = try MockCluster()
        let time = SkippingTime()
        let log = try cluster.openLog(environment: time.environment)
        try await log.createTopic("ordering", partitions: 1)
        let before = time.slept
        try await cluster.perform("errors 2 \(Array(repeating: error, count: 6).joined(separator: ","))")
        #expect(try await log.bounds(of: partition) == .zero..<Offset.zero)
        #expect(time.slept > before && time.slept < before + .seconds(5))
        await log.close()
    }

    /// Of which the client still believes that it leads: nobody has told it otherwise.
    @Test(.timeLimit(.minutes(5))) func aLeaderThatIsGoneIsNotAskedForEver() async throws {
        let cluster = try MockCluster(brokers: 3)
        let log = try cluster.openLog()
        try await log.createTopic("ordering", TopicSettings(partitions: 1, replicas: 3))
        try await cluster.perform("leader ordering 0 2")
        #expect(try await log.bounds(of: partition) == .zero..<(.zero))
        try await cluster.perform("down 2")
        let error = await #expect(throws: LogError.self) { try await log.bounds(of: partition) }
        #expect(error?.code == .unavailable && error?.isRetriable == true, "\(String(describing: error))")
        // More at once than there are threads for it.
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { _ = try? await log.bounds(of: partition) } }
        }
        try await cluster.perform("leader ordering 0 3")
        #expect(try await log.bounds(of: partition) == .zero..<(.zero))
        await log.close()
    }

    @Test(.timeLimit(.minutes(5))) func aPartitionWithoutALeaderIsGivenUp() async throws {
        let cluster = try MockCluster()
        let time = SkippingTime()
        let log = try cluster.openLog(environment: time.environment)
        try await log.createTopic("ordering", partitions: 1)
        try await cluster.perform("errors 2 \(Array(repeating: "6", count: 500).joined(separator: ","))")
        await #expect(throws: LogError(.unavailable, "")) { _ = try await log.bounds(of: partition) }
        #expect(time.slept >= .seconds(5))
        await log.close()
    }
}
