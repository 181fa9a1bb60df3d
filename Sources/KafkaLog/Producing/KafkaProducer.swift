import EventLog
import Logging

/// After a failed delivery the producer is done: what it still had in flight is given up, and everything later fails at once.
///
/// A record that is refused before it is sent (too large, no such topic or partition) is not in the log and does not disturb the others. The
/// brokers refuse a batch as a whole for its size, and each of its records fails so; those behind it may land.
final class KafkaProducer: LogProducer {
    private let appends: Appends
    private let client: ProducerClient

    init(
        settings: ClientSettings, batches: BatchLimit, catalog: TopicCatalog, logger: Logger, statistics: KafkaMetrics
    ) throws(LogError) {
        let appends = Appends(catalog: catalog, batches: batches)
        client = try ProducerClient(
            settings: settings.limitingBatches(to: batches.bytes), logger: logger, statistics: statistics,
            deliveries: { appends.take($0) }, tick: { appends.report() }, mayEnd: { appends.areReported }, end: { appends.end() })
        self.appends = appends
        appends.start(with: client)
    }

    deinit {
        appends.close()
        client.client.stop()
    }

    var destroyed: Completion { client.client.destroyed }

    func append(
        _ record: LogRecord, to partition: TopicPartition, report: @escaping @Sendable (Result<Offset, LogError>) -> Void
    ) {
        appends.append(record, to: partition, report: report)
    }

    func close() async {
        appends.close()
        client.client.stop()
        await appends.ended.wait()
    }
}
