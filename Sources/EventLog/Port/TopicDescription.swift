/// A topic as it stands in its log.
public struct TopicDescription: Hashable, Sendable {
    public let partitions: Int
    /// Copies of each partition; nil where the log does not say.
    public let replicas: Int?
    /// The topic's settings by Kafka's names, such as `cleanup.policy`; nil for a log that has none or does not tell them.
    public let settings: [String: String]?

    public init(partitions: Int, replicas: Int? = nil, settings: [String: String]? = nil) {
        self.partitions = partitions
        self.replicas = replicas
        self.settings = settings
    }

    /// The bytes that the topic takes in one batch of records; nil where that is not told.
    public var maximumBatchBytes: Int? { settings?["max.message.bytes"].flatMap { Int($0) } }

    /// The bytes that the topic takes in one record, key and value: what a batch of one leaves beside its frame (Kafka's record format 2: 61
    /// bytes for the batch, at most 21 for the record). Nil where that is not told.
    public var maximumRecordBytes: Int? { maximumBatchBytes.map { max(0, $0 - 96) } }

    /// What is to be considered of the topic, though it can be used as it is.
    ///
    /// - Parameter recordBytes: those that a topic is to take in one record, and the most that one may take.
    public func remarks(recordBytes: ClosedRange<Int>) -> [String] {
        guard let most = maximumBatchBytes else { return [] }
        if most < recordBytes.lowerBound {
            return [
                "max.message.bytes is \(most): a command whose events come to more is answered 413; for bodies as large as "
                    + "HIGHWATER_MAX_BODY_BYTES allows raise it to \(recordBytes.lowerBound), or lower HIGHWATER_MAX_BODY_BYTES"
            ]
        }
        if most > recordBytes.upperBound {
            return [
                "max.message.bytes is \(most), and no record of this program is larger than \(recordBytes.upperBound): lower it to that, so "
                    + "that no other program stores what readers here would have to hold in memory"
            ]
        }
        return []
    }

    /// What is wrong with the topic for the use given, each with what to do; empty where all is well. Settings that the log does not tell are
    /// taken to be right.
    ///
    /// - Parameter expectedPartitions: nil where any count will do.
    public func problems(for retention: TopicSettings.Retention, expectedPartitions: Int? = nil) -> [String] {
        var problems: [String] = []
        if let expectedPartitions, expectedPartitions != partitions {
            problems.append(
                "it has \(partitions) partitions and \(expectedPartitions) are expected: a stream's partition follows from the count, so a "
                    + "topic keeps the one it was made with; set HIGHWATER_PARTITIONS=\(partitions), or copy the events into a new topic")
        }
        guard let settings else { return problems }
        func expect(_ name: String, _ wanted: String, because reason: String, _ isRight: (String) -> Bool) {
            guard let value = settings[name], !isRight(value) else { return }
            problems.append("\(name) is \(value) and must be \(wanted): \(reason)")
        }
        switch retention {
        case .forever:
            expect("cleanup.policy", "delete", because: "compaction removes events") { $0 == "delete" }
            expect("retention.ms", "-1", because: "the topic is the system of record, and nothing of it may be deleted") { $0 == "-1" }
            expect("retention.bytes", "-1", because: "the topic is the system of record, and nothing of it may be deleted") { $0 == "-1" }
        case .newestPerKey:
            expect("cleanup.policy", "compact", because: "the newest announcement of each partition must stay") { $0 == "compact" }
        }
        if let replicas, replicas > 1, retention == .forever {
            expect("min.insync.replicas", "2 or more", because: "an acknowledged event must survive the loss of a broker") {
                Int($0).map { $0 >= 2 } ?? false
            }
            expect("unclean.leader.election.enable", "false", because: "a replica that lags behind must not become the log") {
                $0 == "false"
            }
        }
        return problems
    }
}
