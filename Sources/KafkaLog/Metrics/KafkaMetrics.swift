import Foundation
import Metrics
import Synchronization

/// Turns the statistics of all clients of a log into metrics. Clients of one kind count together, since they come and go.
final class KafkaMetrics: Sendable {
    private struct State {
        var newest: [ObjectIdentifier: (kind: ClientKind, statistics: ClientStatistics)] = [:]
        /// The gauges that were set, to be set to zero once nothing is behind them.
        var gauges: [String: Gauge] = [:]
    }

    private let state = Mutex(State())
    private let factory: (any MetricsFactory)?

    /// - Parameter factory: the system's where it is nil.
    init(factory: (any MetricsFactory)? = nil) { self.factory = factory }

    /// - Parameter json: as librdkafka gives it.
    func update(_ client: Client, with json: String) {
        guard let statistics = try? JSONDecoder().decode(ClientStatistics.self, from: Data(json.utf8)) else { return }
        let kind = client.kind
        state.withLock { state in
            let before = state.newest.updateValue((kind, statistics), forKey: ObjectIdentifier(client))?.statistics
            count(statistics, since: before, kind)
            setGauges(&state)
        }
    }

    func forget(_ client: Client) {
        state.withLock { state in
            guard state.newest.removeValue(forKey: ObjectIdentifier(client)) != nil else { return }
            setGauges(&state)
        }
    }

    func countError(_ kind: ClientKind) {
        count("highwater_kafka_errors_total", kind, by: 1)
    }

    private func count(_ label: String, _ kind: ClientKind, by growth: Int64) {
        Counter(label: label, dimensions: [("client", kind.name)], factory: factory ?? MetricsSystem.factory).increment(by: growth)
    }

    private func count(_ now: ClientStatistics, since before: ClientStatistics?, _ kind: ClientKind) {
        func add(_ label: String, _ value: (ClientStatistics) -> Int64) {
            let growth = value(now) - (before.map(value) ?? 0)
            if growth > 0 { count(label, kind, by: growth) }
        }
        add("highwater_kafka_sent_bytes_total") { $0.tx_bytes }
        add("highwater_kafka_received_bytes_total") { $0.rx_bytes }
        add("highwater_kafka_requests_total") { $0.tx }
        add("highwater_kafka_responses_total") { $0.rx }
        add("highwater_kafka_request_errors_total") { $0.brokers.values.reduce(0) { $0 + $1.txerrs + $1.rxerrs } }
        add("highwater_kafka_request_timeouts_total") { $0.brokers.values.reduce(0) { $0 + $1.req_timeouts } }
    }

    private func setGauges(_ state: inout State) {
        var values: [String: (label: String, dimensions: [(String, String)], value: Double)] = [:]
        func put(
            _ label: String, _ dimensions: [(String, String)], _ value: Double, _ join: (Double, Double) -> Double = { $0 + $1 }
        ) {
            let key = label + dimensions.map { "\u{0}\($0.1)" }.joined()
            values[key] = (label, dimensions, values[key].map { join($0.value, value) } ?? value)
        }
        for (kind, statistics) in state.newest.values {
            let client = [("client", kind.name)]
            put("highwater_kafka_clients", client, 1)
            if kind == .producer {
                put("highwater_kafka_queued_records", client, Double(statistics.msg_cnt ?? 0))
                put("highwater_kafka_queued_bytes", client, Double(statistics.msg_size ?? 0))
            }
            for broker in statistics.brokers.values where broker.nodeid >= 0 {
                let dimensions = client + [("broker", "\(broker.nodeid)")]
                put("highwater_kafka_outbuf_requests", dimensions, Double(broker.outbuf_msg_cnt))
                put("highwater_kafka_inflight_requests", dimensions, Double(broker.waitresp_cnt))
                if let rtt = broker.rtt, rtt.cnt > 0 {
                    put("highwater_kafka_broker_rtt_seconds", dimensions, Double(rtt.avg) / 1e6, max)
                    put("highwater_kafka_broker_rtt_p99_seconds", dimensions, Double(rtt.p99) / 1e6, max)
                }
            }
            for topic in statistics.topics.values {
                for partition in topic.partitions.values where partition.partition >= 0 {
                    let dimensions = [("topic", topic.topic), ("partition", "\(partition.partition)")]
                    if kind == .reader { put("highwater_kafka_fetch_queue_bytes", dimensions, Double(partition.fetchq_size)) }
                    // librdkafka's own figure of the lag needs a group's committed offsets.
                    if partition.app_offset >= 0, partition.hi_offset >= partition.app_offset {
                        put("highwater_kafka_consumer_lag", dimensions, Double(partition.hi_offset - partition.app_offset), max)
                    }
                }
            }
        }
        for (key, gauge) in state.gauges where values[key] == nil {
            gauge.record(0)
            state.gauges[key] = nil
        }
        for (key, value) in values {
            let gauge =
                state.gauges[key] ?? Gauge(label: value.label, dimensions: value.dimensions, factory: factory ?? MetricsSystem.factory)
            state.gauges[key] = gauge
            gauge.record(value.value)
        }
    }
}
