import ArgumentParser
import Operations

struct ConfigCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "config", abstract: "List every setting: type, default, meaning, and current value.",
            discussion: "Secrets are masked. Exit status 78: something is wrong; every problem is listed at once.")
    }

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try shared.settings()
        try StandardOutput.write((json ? settings.table.json : "\(settings.table)") + "\n")
    }
}
