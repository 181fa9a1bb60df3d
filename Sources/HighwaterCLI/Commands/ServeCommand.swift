import ArgumentParser
import Operations

struct ServeCommand<Program: HighwaterProgram>: AsyncParsableCommand, RunsUntilStopped {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve", abstract: "Run the command and query API.",
            discussion: """
                Run as many as you want on one Kafka: they share the partitions, any of them takes any command, and what belongs to \
                another is forwarded to it, at the address that HIGHWATER_ADVERTISE names. On SIGTERM it hands its partitions over, \
                answers what it has taken, and ends. Views are read from the first of HIGHWATER_READ_MODEL; 'project' fills them.
                """)
    }

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: .hidden)
    var benchmarkRoutes = false

    func run() async throws {
        try await Node.run(Program.application, roles: .serve, settings: try shared.settings(), benchmarkRoutes: benchmarkRoutes)
    }
}
