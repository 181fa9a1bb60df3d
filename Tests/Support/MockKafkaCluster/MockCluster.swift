import CRdKafka

/// Owns the mock cluster and the client that librdkafka hangs it on.
final class MockCluster {
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private let brokers: Int32
    private var topics: Set<String> = []

    init?(brokers: Int32) {
        let conf = rd_kafka_conf_new()
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nil, 0) else {
            rd_kafka_conf_destroy(conf)
            return nil
        }
        guard brokers > 0, let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            return nil
        }
        // From version 4 on a request for metadata can say that it must not create topics; the mock offers version 2 by itself.
        rd_kafka_mock_set_apiversion(cluster, 3, 0, 4)
        self.client = client
        self.cluster = cluster
        self.brokers = brokers
    }

    var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    func destroy() {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// - Returns: what was asked for; nil for a command that asks nothing.
    func perform(_ words: [String]) throws(CommandFailure) -> String? {
        let command = words[0]
        let arguments = Array(words.dropFirst())
        func text(_ index: Int) throws(CommandFailure) -> String {
            guard arguments.indices.contains(index) else { throw CommandFailure("\(command) needs more arguments") }
            return arguments[index]
        }
        func number(_ index: Int) throws(CommandFailure) -> Int32 {
            guard let number = Int32(try text(index)) else { throw CommandFailure("\(arguments[index]) is no number") }
            return number
        }
        switch command {
        case "topic": try createTopic(text(0), number(1), arguments.count > 2 ? number(2) : min(3, brokers))
        case "down": try check(rd_kafka_mock_broker_set_down(cluster, number(0)))
        case "up": try check(rd_kafka_mock_broker_set_up(cluster, number(0)))
        case "delay": try check(rd_kafka_mock_broker_set_rtt(cluster, number(0), number(1)))
        case "errors":
            let key = Int16(clamping: try number(0))
            let errors = try text(1).split(separator: ",").compactMap { Int32($0) }.map { rd_kafka_resp_err_t(rawValue: $0) }
            rd_kafka_mock_push_request_errors_array(cluster, key, errors.count, errors)
        case "clear-errors": rd_kafka_mock_clear_request_errors(cluster, Int16(clamping: try number(0)))
        case "leader": try check(rd_kafka_mock_partition_set_leader(cluster, text(0), number(1), number(2)))
        case "coordinator": try check(rd_kafka_mock_coordinator_set(cluster, text(0), text(1), number(2)))
        case "append":
            let (key, value) = try (Self.bytes(text(2)), Self.bytes(text(3)))
            try with(RD_KAFKA_PRODUCER) { client throws(CommandFailure) in try client.append(key, value, to: text(0), number(1)) }
        case "record":
            return try with(RD_KAFKA_CONSUMER) { client throws(CommandFailure) in
                let record = try client.record(of: text(0), number(1), at: Int64(number(2)))
                return "\(Self.text(record.key)) \(Self.text(record.value))"
            }
        case "committed":
            return try with(RD_KAFKA_CONSUMER, group: text(0)) { client throws(CommandFailure) in
                try client.committed(text(1), number(2)).map { "\($0)" } ?? "none"
            }
        default: throw CommandFailure("there is no command \(command)")
        }
        return nil
    }

    private func with<Result>(
        _ type: rd_kafka_type_t, group: String? = nil, _ body: (RawClient) throws(CommandFailure) -> Result
    ) throws(CommandFailure) -> Result {
        let client = try RawClient(type, bootstrapServers, group: group)
        defer { client.destroy() }
        return try body(client)
    }

    /// Bytes as they stand in commands and answers: hexadecimal behind `x`, or `null`.
    private static func text(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "null" }
        return "x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ text: String) throws(CommandFailure) -> [UInt8]? {
        guard text != "null" else { return nil }
        let digits = Array(text.dropFirst())
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...].prefix(2)), radix: 16) }
        guard text.hasPrefix("x"), digits.count.isMultiple(of: 2), !bytes.contains(nil) else {
            throw CommandFailure("\(text) is neither x and hexadecimal digits nor null")
        }
        return bytes.compactMap { $0 }
    }

    private func createTopic(_ name: String, _ partitions: Int32, _ replicas: Int32) throws(CommandFailure) {
        guard partitions > 0 else { throw CommandFailure("a topic has at least one partition") }
        guard !topics.contains(name) else { throw CommandFailure("topic \(name) exists") }
        try check(rd_kafka_mock_topic_create(cluster, name, partitions, replicas))
        topics.insert(name)
    }

    private func check(_ error: rd_kafka_resp_err_t) throws(CommandFailure) {
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw CommandFailure(error) }
    }
}
