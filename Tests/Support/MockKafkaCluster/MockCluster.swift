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

    func perform(_ words: [String]) throws(CommandFailure) {
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
        default: throw CommandFailure("there is no command \(command)")
        }
    }

    private func createTopic(_ name: String, _ partitions: Int32, _ replicas: Int32) throws(CommandFailure) {
        guard partitions > 0 else { throw CommandFailure("a topic has at least one partition") }
        guard !topics.contains(name) else { throw CommandFailure("topic \(name) exists") }
        try check(rd_kafka_mock_topic_create(cluster, name, partitions, replicas))
        topics.insert(name)
    }

    private func check(_ error: rd_kafka_resp_err_t) throws(CommandFailure) {
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw CommandFailure(String(cString: rd_kafka_err2str(error))) }
    }
}
