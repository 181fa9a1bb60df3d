import ArgumentParser
import EventLog
import ReadModel

struct BulkInsertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bulk-insert",
        abstract:
            "Insert a rebuilt projection's rows into a bare table in key order, as fast as the database allows: the yardstick for loading.",
        aliases: ["copy"])

    @OptionGroup var target: StoreOptions

    func run() async throws {
        let rows = try await target.rebuiltRows()
        let loader = try target.bareLoader(rows)
        var report = Report()
        report["projection"] = target.projection
        report["store"] = target.store.rawValue
        report["rows"] = rows.count
        let watch = Stopwatch()
        try loader.load()
        report["seconds"] = watch.seconds
        report["rowsPerSecond"] = Double(rows.count) / watch.seconds
        let whole = Stopwatch()
        try loader.index()
        report["indexSeconds"] = whole.seconds
        try report.write()
    }
}
