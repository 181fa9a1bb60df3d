public import ArgumentParser
import Foundation
import Operations

/// An executable made of an ``Application``: conform, mark it `@main`, and there is a subcommand for every role and tool.
public protocol HighwaterProgram {
    static var application: Application { get }
    /// Subcommands of its own, listed behind Highwater's.
    static var commands: [any ParsableCommand.Type] { get }
}

extension HighwaterProgram {
    public static var commands: [any ParsableCommand.Type] { [] }

    /// Exit status: 0 done, 1 failed, 2 finished with findings, 64 usage, 78 configuration.
    public static func main() async {
        do {
            var command = try RootCommand<Self>.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ConfigurationError {
            StandardError.write("\(error)\n")
            exit(ConfigurationError.exitStatus)
        } catch let error as Failure {
            StandardError.write("error: \(error)\n")
            exit(error.exitStatus)
        } catch {
            RootCommand<Self>.exit(withError: error)
        }
    }
}

struct RootCommand<Program: HighwaterProgram>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Program.application.name, abstract: Program.application.abstract,
            discussion: """
                Results go to standard output, progress and logs to standard error. Exit status: 0 done, 1 failed, 2 finished with \
                findings, 64 usage, 78 configuration. 'config' lists every setting.
                """,
            version: Program.application.version,
            subcommands: [
                UpCommand<Program>.self, ServeCommand<Program>.self, ProjectCommand<Program>.self, ReplayCommand<Program>.self,
                VerifyCommand<Program>.self, EventsCommand<Program>.self,
                StatusCommand<Program>.self, TopicsCommand<Program>.self, ConfigCommand<Program>.self,
            ] + Program.commands)
    }
}
