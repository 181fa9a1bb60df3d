import ArgumentParser
import EventLog
import Synchronization

struct ReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Read the whole log and decode nothing: the yardstick for what reads it.")

    @OptionGroup var location: LogOptions

    @Option(help: "Partitions read at the same time.")
    var parallel = 1

    @Option var batchBytes = 1 << 20

    @Option(help: "How many the topic has; only for --bare.")
    var partitions: Int32 = 8

    @Flag(help: "With librdkafka alone, on one thread.")
    var bare = false

    func run() async throws {
        if bare { return try readBare() }
        let log = try await BenchmarkLog.open(location.log)
        let counters = Counters()
        let watch = Stopwatch()
        let partitions = Partition.all(of: try await log.partitions(of: BenchmarkLog.topic))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<parallel {
                group.addTask { [batchBytes] in
                    while case let index = counters.next.add(1, ordering: .relaxed).oldValue, index < partitions.count {
                        let partition = TopicPartition(BenchmarkLog.topic, partitions[index])
                        let end = try await log.bounds(of: partition).upperBound
                        let reader = try await log.makeReader(of: partition, from: .zero)
                        var at = Offset.zero
                        while at < end {
                            let batch = try await reader.next(maximumBytes: batchBytes)
                            counters.records.add(batch.entries.count, ordering: .relaxed)
                            counters.bytes.add(batch.entries.reduce(0) { $0 + $1.key.count + $1.value.count }, ordering: .relaxed)
                            at = batch.entries.last?.offset.next ?? end
                        }
                        await reader.close()
                    }
                }
            }
            try await group.waitForAll()
        }
        // A claim a partition is no event.
        let events = counters.records.load(ordering: .relaxed) - partitions.count
        var report = Report()
        report["parallel"] = parallel
        report["events"] = events
        report["bytes"] = counters.bytes.load(ordering: .relaxed)
        report["seconds"] = watch.seconds
        report["eventsPerSecond"] = Double(events) / watch.seconds
        try report.write()
    }

    private func readBare() throws {
        let brokers = location.log.dropFirst("kafka://".count)
        guard location.log.hasPrefix("kafka://") else { throw ValidationError("only a Kafka can be read with librdkafka") }
        let watch = Stopwatch()
        var report = Report()
        report["events"] = try BareKafka(brokers: String(brokers), topic: BenchmarkLog.topic.name, partitions: partitions).consume()
        report["seconds"] = watch.seconds
        report["eventsPerSecond"] = (report["events"] as? Int).map { Double($0) / watch.seconds }
        try report.write()
    }

    private final class Counters: Sendable {
        let next = Atomic(0)
        let records = Atomic(0)
        let bytes = Atomic(0)
    }
}
