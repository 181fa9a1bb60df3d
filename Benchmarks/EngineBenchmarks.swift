import ArgumentParser

/// Figures of the read side's engine and the yardsticks beside them, each in a process of its own; `scripts/bench-rebuild` runs them in
/// turn. Every subcommand prints one JSON object.
@main
struct EngineBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine-benchmarks", abstract: "Measures rebuilding, and what it is measured by.",
        subcommands: [
            GenerateCommand.self, ReadCommand.self, RebuildCommand.self, BulkInsertCommand.self, UpsertLoopCommand.self,
            KafkaThroughputCommand.self, DeleteTopicsCommand.self,
        ])
}
