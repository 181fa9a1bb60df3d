import EventLog
import EventModel
import Metrics
import Synchronization
import Testing

@testable import KafkaLog

@Suite struct KafkaMetricsTests {
    @Test(.timeLimit(.minutes(5))) func statisticsBecomeMetrics() async throws {
        let cluster = try MockCluster()
        let recorder = MetricsRecorder()
        let log = try cluster.openLog(["statistics.interval.ms": "50"], metrics: KafkaMetrics(factory: recorder))
        try await log.createTopic("ordering", partitions: 1)
        let producer = try await log.makeProducer()
        for _ in 0..<10 { _ = try await producer.append([1, 2, 3], to: partition) }
        let reader = try await log.makeReader(of: partition, from: .zero)
        _ = try await reader.values(10)
        var missing: Set = [
            "highwater_kafka_sent_bytes_total/producer", "highwater_kafka_received_bytes_total/reader",
            "highwater_kafka_requests_total/control", "highwater_kafka_queued_records/producer", "highwater_kafka_queued_bytes/producer",
            "highwater_kafka_broker_rtt_seconds/producer/1", "highwater_kafka_inflight_requests/reader/1",
            "highwater_kafka_clients/control",
            "highwater_kafka_fetch_queue_bytes/ordering/0", "highwater_kafka_consumer_lag/ordering/0",
        ]
        for await (name, value) in recorder.recorded {
            #expect(value >= 0)
            missing.remove(name)
            if missing.isEmpty { break }
        }
        #expect(missing.isEmpty)
        await reader.close()
        await log.close()
    }
}

/// Tells every value that is recorded, by label and the dimensions' values.
private final class MetricsRecorder: MetricsFactory {
    let recorded: AsyncStream<(name: String, value: Double)>
    private let continuation: AsyncStream<(name: String, value: Double)>.Continuation

    init() { (recorded, continuation) = AsyncStream.makeStream() }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        let tell: @Sendable (Double) -> Void
        init(_ tell: @escaping @Sendable (Double) -> Void) { self.tell = tell }
        func increment(by amount: Int64) { tell(Double(amount)) }
        func reset() {}
        func record(_ value: Int64) { tell(Double(value)) }
        func record(_ value: Double) { tell(value) }
        func recordNanoseconds(_ duration: Int64) { tell(Double(duration)) }
    }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let name = ([label] + dimensions.map(\.1)).joined(separator: "/")
        return Handler { [continuation] in continuation.yield((name, $0)) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler(label, dimensions) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { handler(label, dimensions) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler(label, dimensions) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
