import ArgumentParser
import EventLog
import EventModel
import Logging
import ReadModel
import Synchronization

struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Rebuild a projection from offset zero into an empty store.")

    @OptionGroup var location: LogOptions
    @OptionGroup var target: StoreOptions

    @Option(help: "Partitions read and folded at the same time.")
    var parallel = 1

    @Option(help: "Mebibytes that the fold may take.")
    var memory = 2048

    func run() async throws {
        let log = try await BenchmarkLog.open(location.log)
        let store = try await target.openEmpty()
        let projection = try target.registered
        let rebuild = Rebuild(
            projection, store: store, log: log, topic: BenchmarkLog.topic,
            options: Rebuild.Options(parallel: parallel, memory: memory << 20, verify: false), builder: "benchmark",
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        let watch = Stopwatch()
        let begun = Mutex<[RebuildProgress.Phase: Double]>([:])
        let result = try await rebuild.run { progress in
            begun.withLock { if $0[progress.phase] == nil { $0[progress.phase] = watch.seconds } }
        }
        let seconds = watch.seconds
        let phases = begun.withLock { $0 }
        let foldSeconds = phases[.load] ?? seconds
        let loadSeconds = (phases[.swap] ?? seconds) - foldSeconds
        var report = Report()
        report["projection"] = projection.id.name
        report["store"] = store.name
        report["parallel"] = parallel
        report["events"] = result.events
        report["records"] = result.records
        report["rows"] = result.rows
        report["seconds"] = seconds
        report["recordsPerSecond"] = Double(result.records) / seconds
        report["foldSeconds"] = foldSeconds
        report["loadSeconds"] = loadSeconds
        report["rowsPerSecond"] = Double(result.rows) / loadSeconds
        report["foldBytes"] = result.bytes
        try report.write()
    }
}
