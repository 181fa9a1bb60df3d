import ArgumentParser
import Operations

struct ProjectCommand<Program: HighwaterProgram>: AsyncParsableCommand, RunsUntilStopped {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "project", abstract: "Run projector workers: keep read models up to date.",
            discussion: """
                Run as many as you want on one Kafka: those of one read model share its partitions. Each keeps every read model that \
                HIGHWATER_READ_MODEL lists. /health and /metrics are served where HIGHWATER_HTTP is set.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: ArgumentHelp("Only this projection; may be given again. All if absent.", valueName: "name"))
    var projection: [String] = []

    func validate() throws { _ = try Program.application.keeping(projections: projection) }

    func run() async throws {
        let application = try Program.application.keeping(projections: projection)
        try await Node.run(application, roles: .project, settings: try shared.settings(), benchmarkRoutes: false)
    }
}
