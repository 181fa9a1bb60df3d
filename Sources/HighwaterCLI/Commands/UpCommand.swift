import ArgumentParser
import Operations

struct UpCommand<Program: HighwaterProgram>: AsyncParsableCommand, RunsUntilStopped {
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
        try await Node.run(Program.application, roles: .all, settings: try shared.settings(), benchmarkRoutes: benchmarkRoutes)
    }
}
