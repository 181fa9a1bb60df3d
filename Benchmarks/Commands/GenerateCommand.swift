import ArgumentParser
import EventLog
import Foundation

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Write a log of orders; the same seed writes the same.")

    @OptionGroup var location: LogOptions

    @Option(help: "Events, each in a record of its own; six an order on average.")
    var events = 3_000_000

    @Option var partitions = 8
    @Option var seed: UInt64 = 1

    func run() async throws {
        let log = try await BenchmarkLog.open(location.log)
        try await log.createTopic(BenchmarkLog.topic, partitions: partitions)
        let watch = Stopwatch()
        let writer = HistoryWriter(log, topic: BenchmarkLog.topic, partitions: partitions)
        try await writer.write(events, seed: seed) { written in
            if written % 500_000 == 0 { FileHandle.standardError.write(Data("\(written) of \(events)\n".utf8)) }
        }
        var report = Report()
        report["events"] = events
        report["seconds"] = watch.seconds
        report["eventsPerSecond"] = Double(events) / watch.seconds
        try report.write()
    }
}
