import ArgumentParser
import EventLog
import HTTPEdge
import Logging
import Metrics
import Operations
import ReadModel
import SQLiteStateStore
import ServiceLifecycle
import Tracing
import WriteModel

struct UpCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "up", abstract: "Run everything in one process: the API, the writers, and the projectors.",
            discussion: """
                Makes what is missing: log, topics, read models. On SIGTERM or Ctrl-C it takes no more commands, answers those it has \
                taken, and ends.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: .hidden)
    var benchmarkRoutes = false

    func run() async throws {
        let settings = try shared.settings()
        JSONLogHandler.bootstrap(level: settings.logLevel)
        let metrics = MetricsRegistry()
        metrics.addProcessMetrics()
        MetricsSystem.bootstrap(metrics)
        let runtime = try await Runtime.open(settings)
        let node = try Node(Program.application, runtime: runtime, metrics: metrics, benchmarkRoutes: benchmarkRoutes)
        try await node.run()
    }
}
