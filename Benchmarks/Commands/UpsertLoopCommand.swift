import ArgumentParser
import Commerce
import EventLog
import EventModel

struct UpsertLoopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upsert-loop",
        abstract: "Apply event after event by hand-written SQL, as projections are often written: the yardstick for folding in memory.")

    @OptionGroup var location: LogOptions
    @OptionGroup var target: StoreOptions

    @Option(help: "How many events; the whole log would take too long.")
    var events = 200_000

    @Option(help: "Seconds after which it ends before that.")
    var seconds = 60.0

    @Option(help: "Events in one transaction.")
    var perTransaction = 1

    func run() async throws {
        let log = try await BenchmarkLog.open(location.log)
        let loop = try target.upsertLoop()
        let partition = TopicPartition(BenchmarkLog.topic, Partition(0))
        let end = try await log.bounds(of: partition).upperBound
        let reader = try await ChainReader(log, partition, after: .beginning)
        let watch = Stopwatch()
        var applied = 0
        while applied < events, watch.seconds < seconds {
            let batch = try await reader.next()
            for record in batch.records where applied < events && watch.seconds < seconds {
                guard let commit = record.commit else { continue }
                for (index, encoded) in commit.events.enumerated() {
                    guard let event = try OrderingEvent.codec.decode(encoded) else { continue }
                    let recorded = Recorded(
                        stream: commit.stream, version: commit.firstVersion + index, type: encoded.type, event: event,
                        metadata: commit.metadata)
                    if applied % perTransaction == 0 { try loop.begin() }
                    try loop.apply(recorded, at: record.offset)
                    applied += 1
                    if applied % perTransaction == 0 { try loop.commit() }
                }
            }
            if batch.next >= end { break }
        }
        if applied % perTransaction != 0 { try loop.commit() }
        let took = watch.seconds
        await reader.close()
        var report = Report()
        report["projection"] = target.projection
        report["store"] = target.store.rawValue
        report["perTransaction"] = perTransaction
        report["events"] = applied
        report["seconds"] = took
        report["eventsPerSecond"] = Double(applied) / took
        try report.write()
    }
}
