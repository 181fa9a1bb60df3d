import ArgumentParser
import EventLog
import Operations
import ReadModel

struct VerifyCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify", abstract: "Compare live read models with a fold of the log.",
            discussion: """
                Names the keys that differ, with the row that should be and the row that is. Works beside a running system, without a \
                pause. Exit status 2: some row differs.
                """)
    }

    @OptionGroup var shared: SharedOptions
    @OptionGroup var selection: ProjectionSelection

    @Option(name: .long, help: "Partitions folded at the same time.")
    var parallel = 4

    @Option(name: .long, help: "How many differing keys to list.")
    var differences = 100

    @Flag(name: .long, help: "Print a JSON object for each projection.")
    var json = false

    func validate() throws {
        guard parallel > 0 else { throw ValidationError("--parallel must be at least 1.") }
        guard differences >= 0 else { throw ValidationError("--differences must be at least 0.") }
        _ = try Program.application.projections(named: selection.names, all: selection.all)
    }

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let runtime = try await Runtime.open(settings, readOnly: true, stores: .existing)
        let options = Verification.Options(parallel: parallel, maximumDifferences: differences)
        var hasFindings = false
        for (topic, projection) in try Program.application.projections(named: selection.names, all: selection.all) {
            _ = try await runtime.partitions(of: topic)
            for store in try selection.stores(runtime) {
                let name = "\(projection.id.name) in \(store.name)"
                let line = ProgressLine()
                let result: VerificationResult
                do {
                    defer { line.end() }
                    result = try await Verification(projection, store: store, log: runtime.log, topic: topic, options: options)
                        .run { line.show($0, of: name) }
                } catch let error as ReadModelError {
                    throw Failure("\(name): \(error)")
                } catch let error as LogError {
                    throw Failure("\(name): \(error)")
                }
                hasFindings = hasFindings || !result.isEqual
                try json ? StandardOutput.report(json: result) : StandardOutput.report(result.summary(name))
            }
        }
        if hasFindings { throw ExitCode(findingsExitStatus) }
    }
}

extension VerificationResult {
    func summary(_ name: String) -> String {
        let rows = "\(Figures.grouped(rows)) rows in \(Figures.seconds(seconds))"
        if isEqual { return "\(name): generation \(generation) equals the log, \(rows)\n" }
        return "\(name): generation \(generation) DIFFERS from the log in \(Figures.grouped(differenceCount)) keys, \(rows)\n" + listing
    }

    var listing: String {
        var text = ""
        for difference in differences {
            text += "  \(difference.kind) \(difference.key) (partition \(difference.partition))\n"
            text += "    expected \(difference.expected ?? "no row")\n    actual   \(difference.actual ?? "no row")\n"
        }
        let rest = Int(differenceCount) - differences.count
        return rest > 0 ? text + "  and \(rest) more\n" : text
    }
}
