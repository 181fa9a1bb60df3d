import CoreMetrics
import EventLog
import Metrics

/// One partition's figures.
struct WriterMetrics {
    let claims: Counter
    let recoveries: Counter
    let voids: Counter
    let queueDepth: Gauge
    private let commits: Counter
    private let events: Counter
    private let latency: Metrics.Timer
    private let outcomes: [String: Counter]

    init(_ partition: TopicPartition) {
        let labels = [("topic", partition.topic.name), ("partition", "\(partition.partition)")]
        claims = Counter(label: "highwater_claims_total", dimensions: labels)
        recoveries = Counter(label: "highwater_recoveries_total", dimensions: labels)
        voids = Counter(label: "highwater_void_records_total", dimensions: labels)
        queueDepth = Gauge(label: "highwater_unanswered_commands", dimensions: labels)
        commits = Counter(label: "highwater_commits_total", dimensions: labels)
        events = Counter(label: "highwater_events_total", dimensions: labels)
        latency = Metrics.Timer(label: "highwater_command_seconds", dimensions: [("topic", partition.topic.name)])
        outcomes = Dictionary(
            uniqueKeysWithValues: CommandOutcome.labels.map {
                ($0, Counter(label: "highwater_commands_total", dimensions: [("topic", partition.topic.name), ("outcome", $0)]))
            })
    }

    func answered(_ outcome: CommandOutcome, microseconds: Int64) {
        outcomes[outcome.label]?.increment()
        latency.recordMicroseconds(microseconds)
        if case .committed(let receipt) = outcome, !receipt.isReplay {
            commits.increment()
            events.increment(by: receipt.events.count)
        }
    }
}

extension CommandOutcome {
    static let labels = [
        "committed", "replayed", "unchanged", "conflict", "refused", "key-reused", "too-large", "overloaded", "not-owner", "unavailable",
        "unknown",
    ]

    /// The outcome's name in metrics.
    var label: String {
        switch self {
        case .committed(let receipt): receipt.isReplay ? "replayed" : "committed"
        case .unchanged: "unchanged"
        case .conflict: "conflict"
        case .refused: "refused"
        case .idempotencyKeyReused: "key-reused"
        case .tooLarge: "too-large"
        case .overloaded: "overloaded"
        case .notOwner: "not-owner"
        case .unavailable: "unavailable"
        case .unknown: "unknown"
        }
    }
}
