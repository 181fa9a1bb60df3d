import ArgumentParser
import EventLog
import EventModel
import Foundation
import KafkaLog
import Logging
import Synchronization

struct KafkaThroughputCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka-throughput",
        abstract: "Produce and consume records with librdkafka alone and with KafkaLog, in turn, in topics made for it and deleted again.")

    @Option(help: "host:port,host:port")
    var brokers: String

    @Option var records = 500_000
    @Option(help: "Of a record's value.")
    var bytes = 200
    @Option var partitions = 8
    @Option(help: "Records without a report, for all partitions together.")
    var inFlight = 8192
    @Option var rounds = 3

    func run() async throws {
        let log = try KafkaLog(
            brokers: brokers.split(separator: ",").map(String.init), clientID: "engine-benchmarks", logger: Logger(label: "benchmarks"))
        var figures: [String: [Double]] = [:]
        for round in 0..<rounds {
            let topics = ["benchmark-bare-\(round)", "benchmark-ours-\(round)"]
            let bare = BareKafka(brokers: brokers, topic: topics[0], partitions: Int32(partitions))
            try bare.delete(topics)
            for topic in topics { try await log.createTopic(Topic(topic), partitions: partitions) }
            func measure(_ name: String, _ work: () async throws -> Void) async throws {
                let watch = Stopwatch()
                try await work()
                figures[name, default: []].append(Double(records) / watch.seconds)
            }
            try await measure("bareProduced") { try await onThread { try bare.produce(records, bytes: bytes, inFlight: inFlight) } }
            try await measure("produced") { try await produce(log, to: Topic(topics[1])) }
            try await measure("bareConsumed") { _ = try await onThread { try bare.consume() } }
            try await measure("consumed") { try await consume(log, Topic(topics[1])) }
            try bare.delete(topics)
        }
        await log.close()
        var report = Report()
        for (name, rates) in figures { report[name + "PerSecond"] = rates.sorted()[rates.count / 2] }
        report["records"] = records
        report["bytes"] = bytes
        report["partitions"] = partitions
        try report.write()
    }

    private func produce(_ log: any EventLog, to topic: Topic) async throws {
        let value = Bytes([UInt8](repeating: 7, count: bytes))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for partition in Partition.all(of: partitions) {
                group.addTask { [records, partitions, inFlight] in
                    let producer = try await log.makeProducer()
                    let place = TopicPartition(topic, partition)
                    let (reports, continuation) = AsyncStream.makeStream(of: Result<Offset, LogError>.self)
                    var waiting = 0
                    var iterator = reports.makeAsyncIterator()
                    for number in stride(from: Int(partition.rawValue), to: records, by: partitions) {
                        if waiting >= inFlight / partitions, let report = await iterator.next() {
                            _ = try report.get()
                            waiting -= 1
                        }
                        let record = LogRecord(key: Bytes("order/\(number)".utf8), value: value)
                        producer.append(record, to: place) { continuation.yield($0) }
                        waiting += 1
                    }
                    while waiting > 0, let report = await iterator.next() {
                        _ = try report.get()
                        waiting -= 1
                    }
                    await producer.close()
                }
            }
            try await group.waitForAll()
        }
    }

    private func consume(_ log: any EventLog, _ topic: Topic) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for partition in Partition.all(of: partitions) {
                group.addTask {
                    let place = TopicPartition(topic, partition)
                    let bounds = try await log.bounds(of: place)
                    let reader = try await log.makeReader(of: place, from: bounds.lowerBound)
                    var next = bounds.lowerBound
                    while next < bounds.upperBound {
                        next = try await reader.next(maximumBytes: 1 << 20).entries.last?.offset.next ?? bounds.upperBound
                    }
                    await reader.close()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Runs blocking work off the cooperative pool.
    private func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Swift.Result { try work() }) }.start()
        }
    }
}

struct DeleteTopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka-delete-topics", abstract: "Delete topics with everything in them, for a benchmark that begins from nothing.")

    @Option(help: "host:port,host:port")
    var brokers: String

    @Argument var topics: [String]

    func run() throws {
        try BareKafka(brokers: brokers, topic: "", partitions: 0).delete(topics)
    }
}
