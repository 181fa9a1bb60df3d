import EventLog

/// The settings of librdkafka that each kind of client gets: ours, then the user's, then those that the laws of the log rest on.
struct ClientSettings: Sendable {
    /// Those to begin with, as `host:port`.
    let brokers: [String]
    private let clientID: String
    private let user: [String: String]
    /// The most that a producer's batch may hold, where that is known.
    private var batchLimit: Int?
    let redaction: Redaction

    /// - Throws: `misconfigured` for a setting that is ours to make, or whose value would break a law.
    init(brokers: [String], settings: [String: String], clientID: String) throws(LogError) {
        guard !brokers.isEmpty, brokers.allSatisfy({ !$0.isEmpty }) else {
            throw LogError(.misconfigured, "no Kafka broker is named; give at least one as host:port")
        }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            guard let problem = SettingRule.problem(name, value) else { continue }
            throw LogError(.misconfigured, "the Kafka setting '\(name)' cannot be set so: \(problem.what); expected \(problem.expected)")
        }
        self.brokers = brokers
        self.clientID = clientID
        user = settings
        redaction = Redaction(settings)
    }

    /// In the order to apply them: a later one wins.
    func pairs(for kind: ClientKind) -> [(name: String, value: String)] {
        var pairs = [("client.id", clientID), ("bootstrap.servers", brokers.joined(separator: ","))] + Self.common
        switch kind {
        case .control: pairs += Self.consuming
        case .reader: pairs += Self.consuming + Self.reading
        case .producer: pairs += Self.producing
        case .member(let group): pairs += Self.consuming + Self.joining + [("group.id", group)]
        }
        let own = Set(user.keys.map(SettingRule.canonical))
        pairs.removeAll { own.contains($0.0) }
        pairs += user.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if kind == .producer, let batchLimit { pairs.append(("batch.size", String(min(batchBytes, batchLimit)))) }
        return pairs
    }

    /// The same, with batches of at most so many bytes; nil where no limit is known.
    func limitingBatches(to bytes: Int?) -> ClientSettings {
        var limited = self
        limited.batchLimit = bytes
        return limited
    }

    /// How large a batch may grow where the brokers take as much; a record that is larger by itself makes a batch alone.
    private var batchBytes: Int { user["batch.size"].flatMap { Int($0) } ?? 1_000_000 }

    /// After which the group's coordinator takes a member that it does not hear of for dead.
    var sessionTimeout: Duration { .milliseconds(user["session.timeout.ms"].flatMap { Int($0) } ?? Self.sessionMilliseconds) }

    /// Where a setting of the user's is wrong, this is it.
    func isOwn(_ name: String) -> Bool { user[name] != nil }

    var hasOwn: Bool { !user.isEmpty }

    /// How much a reader fetches ahead.
    var queuedBytes: Int { (user["queued.max.messages.kbytes"].flatMap { Int($0) } ?? 16_384) << 10 }

    private static let common = [
        ("socket.nagle.disable", "true"),
        ("socket.keepalive.enable", "true"),
        ("socket.timeout.ms", "10000"),
        ("reconnect.backoff.ms", "50"),
        ("reconnect.backoff.max.ms", "1000"),
        ("topic.metadata.refresh.fast.interval.ms", "50"),
        ("log.connection.close", "false"),
        ("log.queue", "true"),
        ("statistics.interval.ms", "5000"),
        ("allow.auto.create.topics", "false"),
        // A record of 16 MiB, with what the protocol adds; the broker's own limit is usually lower.
        ("message.max.bytes", "17825792"),
    ]

    private static let producing = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        // As librdkafka and, since KIP-1030, the Java client have it. Under load larger batches more than make up for the wait: with 64
        // clients and a broker on the same two cores, 0 gave half the commands a second, and twice their latency.
        ("linger.ms", "5"),
        ("retry.backoff.ms", "50"),
        // An outage becomes an unknown outcome this soon; the writer claims again then.
        ("message.timeout.ms", "5000"),
        ("queue.buffering.max.messages", "1000000"),
        ("queue.buffering.max.kbytes", "262144"),
    ]

    private static let consuming = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("isolation.level", "read_uncommitted"),
    ]

    private static let reading = [
        // The broker answers as soon as there is a record; but a partition that joins the client's next fetch waits this long for it.
        ("fetch.wait.max.ms", "25"),
        ("fetch.min.bytes", "1"),
        ("fetch.error.backoff.ms", "50"),
        // Bytes alone bound what is fetched ahead, for each partition that is read.
        ("queued.min.messages", "10000000"),
        ("queued.max.messages.kbytes", "16384"),
        ("max.partition.fetch.bytes", "2097152"),
        ("fetch.max.bytes", "33554432"),
        ("check.crcs", "true"),
    ]

    private static let sessionMilliseconds = 6000

    private static let joining = [
        ("partition.assignment.strategy", "range"),
        ("session.timeout.ms", String(sessionMilliseconds)),
        ("heartbeat.interval.ms", "500"),
        ("coordinator.query.interval.ms", "5000"),
    ]
}
