public import EventLog
public import Logging
import Synchronization

/// A log on Apache Kafka, by librdkafka.
///
/// - A record is reported stored once all in-sync replicas have it (`acks=all`, idempotent). A producer whose delivery failed is done; the
///   chain rule makes its outcome definite.
/// - Readers fetch partitions without a group; groups only say who should work on what.
/// - Nothing here blocks the cooperative pool: each client of librdkafka has a thread of its own, and its blocking calls have some more.
/// - Works with librdkafka 2.0.2 and newer.
public final class KafkaLog: EventLog {
    private let settings: ClientSettings
    private let logger: Logger
    private let metrics: KafkaMetrics
    private let calls = BlockingCalls(threads: 8)
    private let control: Client
    private let catalog: TopicCatalog
    private let administration: any TopicAdministration
    private let readers: ReaderClients
    private let batches = BatchLimit()
    private let environment: EngineEnvironment
    private let state = Mutex(State())
    /// Topics whose settings the brokers have refused to tell, of which the log tells once.
    private let untold = Mutex<Set<Topic>>([])
    private let closed = Completion()

    private struct State {
        var isClosed = false
        /// Clients that end by themselves, or are to.
        var ending: [Completion] = []
        var producers: [WeakProducer] = []
        var memberships: [WeakMembership] = []
        var readers: [WeakReader] = []

        mutating func forgetEnded() {
            readers.removeAll { $0.reader == nil }
            ending.removeAll(where: \.isDone)
            producers.removeAll { $0.producer == nil }
            memberships.removeAll { $0.membership == nil }
        }
    }

    private struct WeakProducer { weak var producer: KafkaProducer? }
    private struct WeakReader { weak var reader: KafkaReader? }
    private struct WeakMembership { weak var membership: KafkaMembership? }

    /// Milliseconds that a question to the brokers may take.
    private static let timeout: Int32 = 5000
    /// Milliseconds after which another than the broker asked is looked for.
    private static let patience: Int32 = 2000

    /// Makes the clients; that a broker can be reached shows with the first call.
    ///
    /// - Parameters:
    ///   - brokers: some of the cluster's, each as `host:port`.
    ///   - settings: librdkafka's, by its own names (CONFIGURATION.md). They win over the defaults here, except those that the log's laws
    ///     rest on.
    ///   - clientID: this process, as the brokers' logs and quotas call it.
    /// - Throws: `misconfigured` for a setting that does not exist, is wrong or would break a law; secrets' values are not told.
    public convenience init(brokers: [String], settings: [String: String] = [:], clientID: String, logger: Logger) throws(LogError) {
        try self.init(
            brokers: brokers, settings: settings, clientID: clientID, logger: logger, administration: nil, metrics: KafkaMetrics())
    }

    /// - Parameter administration: makes topics in place of the admin API, for brokers that lack it.
    package convenience init(
        brokers: [String], settings: [String: String] = [:], clientID: String, logger: Logger, administration: any TopicAdministration
    ) throws(LogError) {
        try self.init(
            brokers: brokers, settings: settings, clientID: clientID, logger: logger, administration: administration,
            metrics: KafkaMetrics())
    }

    init(
        brokers: [String], settings: [String: String], clientID: String, logger: Logger, administration: (any TopicAdministration)?,
        metrics: KafkaMetrics, environment: EngineEnvironment = .system
    ) throws(LogError) {
        self.metrics = metrics
        self.settings = try ClientSettings(brokers: brokers, settings: settings, clientID: clientID)
        self.logger = logger
        self.environment = environment
        // What is wrong shows here, and not with the first producer.
        if self.settings.hasOwn { try Configuration.check(self.settings) }
        control = try Client(.control, settings: self.settings, logger: logger, statistics: metrics)
        catalog = TopicCatalog(control: control, calls: calls, timeout: Self.timeout)
        self.administration = administration ?? BrokerAdministration(control: control, calls: calls, timeout: Self.timeout)
        readers = ReaderClients(settings: self.settings, logger: logger, statistics: metrics)
    }

    deinit {
        control.stop()
        _ = readers.close()
        calls.close()
    }

    public func partitionCount(of topic: Topic) async throws(LogError) -> Int? {
        try checkOpen("look up topic '\(topic)'")
        return try await catalog.metadata(of: topic)?.partitions
    }

    public func createTopic(_ topic: Topic, _ settings: TopicSettings) async throws(LogError) {
        try checkOpen("create topic '\(topic)'")
        guard settings.partitions > 0 else { throw LogError(.misconfigured, "a topic has at least one partition") }
        try await administration.create(topic, settings)
        try await waitUntilVisible(topic, partitions: settings.partitions)
    }

    /// - Throws: also where the brokers cannot tell the topic's settings now. Where they refuse to, or do not know the question, the
    ///   description is without them.
    public func describe(_ topic: Topic) async throws(LogError) -> TopicDescription? {
        try checkOpen("describe topic '\(topic)'")
        guard let metadata = try await catalog.metadata(of: topic) else { return nil }
        var settings: [String: String]?
        do throws(LogError) {
            settings = try await administration.settings(of: topic)
        } catch {
            guard error.code == .misconfigured else { throw error }
            if untold.withLock({ $0.insert(topic).inserted }) {
                logger.notice(
                    "Kafka does not tell a topic's settings, so they are not checked", metadata: ["topic": "\(topic)", "error": "\(error)"])
            }
        }
        let description = TopicDescription(partitions: metadata.partitions, replicas: metadata.replicas, settings: settings)
        batches.wasTold(description.maximumBatchBytes, of: topic)
        return description
    }

    public func bounds(of partition: TopicPartition) async throws(LogError) -> Range<Offset> {
        let action = "find the bounds of \(partition)"
        try checkOpen(action)
        try await catalog.check(partition)
        let found: Range<Offset>?
        do throws(LogError) {
            found = try await asking(for: .milliseconds(Int(Self.timeout))) { () async throws(LogError) -> Range<Offset>? in
                let found = try await calls.run { [control] () throws(LogError) in
                    try control.bounds(of: partition, timeout: Self.patience)
                }
                if found == nil { try await catalog.lookUpAndCheck(partition) }
                return found
            }
        } catch {
            if error.code == .topicMissing || error.code == .partitionOutOfRange { catalog.forget(partition.topic) }
            throw error
        }
        guard let found else { throw LogError(.unavailable, "cannot \(action): no broker that leads it answers now") }
        return found
    }

    public func makeProducer() async throws(LogError) -> any LogProducer {
        try checkOpen("make a producer")
        let producer = try await calls.run { [settings, batches, catalog, logger, metrics] () throws(LogError) in
            try KafkaProducer(settings: settings, batches: batches, catalog: catalog, logger: logger, statistics: metrics)
        }
        let isOpen = add { state in
            state.ending.append(producer.destroyed)
            state.producers.append(WeakProducer(producer: producer))
        }
        guard isOpen else {
            await producer.close()
            throw Self.closed("make a producer")
        }
        return producer
    }

    public func makeReader(of partition: TopicPartition, from offset: Offset) async throws(LogError) -> any LogReader {
        let bounds = try await bounds(of: partition)
        guard offset >= bounds.lowerBound, offset <= bounds.upperBound else {
            throw LogError(
                .truncated,
                "\(partition) holds offsets \(bounds.lowerBound)..<\(bounds.upperBound), so it cannot be read from \(offset)")
        }
        let reader = try await calls.run { [settings, readers, calls] () throws(LogError) in
            try KafkaReader(partition, from: offset, queuedBytes: settings.queuedBytes, clients: readers, calls: calls)
        }
        guard add({ $0.readers.append(WeakReader(reader: reader)) }) else {
            await reader.close()
            throw Self.closed("read \(partition)")
        }
        return reader
    }

    public func join(group: String, topic: Topic) async throws(LogError) -> any GroupMembership {
        _ = try await partitions(of: topic)
        let membership = try await calls.run { [settings, logger, metrics] () throws(LogError) in
            try KafkaMembership(group: group, topic: topic, settings: settings, logger: logger, statistics: metrics)
        }
        let isOpen = add { state in
            state.ending.append(membership.destroyed)
            state.memberships.append(WeakMembership(membership: membership))
        }
        guard isOpen else {
            await membership.leave()
            throw Self.closed("join group '\(group)'")
        }
        return membership
    }

    /// How many brokers each client has a thread and a connection for: those of the cluster, and those that were named to begin with and go by
    /// another name there.
    public func brokersPerClient() async throws(LogError) -> Int {
        try checkOpen("look up the brokers")
        let known = try await calls.run { [control] () throws(LogError) in try control.brokers(timeout: Self.timeout) }
        return Set(known).union(settings.brokers).count
    }

    /// Leaves the groups, gives up what is in flight, ends every waiting read with `closed`, and ends the clients. Whatever is called
    /// afterwards fails with `closed`.
    public func close() async {
        let state = state.withLock { state -> State? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return state
        }
        guard let state else { return await closed.wait() }
        await withTaskGroup(of: Void.self) { group in
            for membership in state.memberships.compactMap(\.membership) { group.addTask { await membership.leave() } }
            for producer in state.producers.compactMap(\.producer) { group.addTask { await producer.close() } }
            for reader in state.readers.compactMap(\.reader) { group.addTask { await reader.close() } }
        }
        let ending = state.ending + readers.close() + [control.destroyed]
        control.stop()
        await withTaskGroup(of: Bool.self) { group in
            for completion in ending { group.addTask { [environment] in await completion.wait(upTo: .seconds(5), by: environment.clock) } }
            for await hasEnded in group where !hasEnded { logger.warning("A Kafka client takes long to end and is left behind") }
        }
        calls.close()
        closed.finish()
    }

    /// Remembers what is to be closed with the log; false where that has begun.
    private func add(_ note: (inout State) -> Void) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.forgetEnded()
            note(&state)
            return true
        }
    }

    private func checkOpen(_ action: String) throws(LogError) {
        guard !state.withLock({ $0.isClosed }) else { throw Self.closed(action) }
    }

    private static func closed(_ action: String) -> LogError { LogError(.closed, "cannot \(action): the log is closed") }

    /// A new topic takes some time to become known to all brokers and to get its leaders.
    private func waitUntilVisible(_ topic: Topic, partitions: Int) async throws(LogError) {
        let found = try await asking(for: .seconds(10)) { () async throws(LogError) -> TopicMetadata? in
            guard let found = try await catalog.metadata(of: topic), found.partitions >= partitions, found.hasLeaders else { return nil }
            return found
        }
        if found == nil { throw LogError(.timedOut, "topic '\(topic)' was created, but does not show up; look again in a moment") }
    }

    /// Asks again after growing pauses until there is an answer; nil where there is none within `limit`, or the task is cancelled.
    private func asking<Answer>(
        for limit: Duration, _ ask: () async throws(LogError) -> Answer?
    ) async throws(LogError) -> Answer? {
        let deadline = environment.now().advanced(by: limit)
        var pauses = Backoff(base: .milliseconds(10), cap: .milliseconds(200))
        while true {
            if let answer = try await ask() { return answer }
            guard environment.now() < deadline else { return nil }
            guard (try? await environment.clock.sleep(for: pauses.next(jitter: environment.jitter()))) != nil else { return nil }
        }
    }
}
