public import ArgumentParser
import Dispatch
import Operations

/// An executable made of an ``Application``: conform, mark it `@main`, and there is a subcommand for every role and tool.
public protocol HighwaterProgram: SendableMetatype {
    static var application: Application { get }
    /// Subcommands of its own, listed behind Highwater's.
    static var commands: [any ParsableCommand.Type] { get }
}

extension HighwaterProgram {
    public static var commands: [any ParsableCommand.Type] { [] }

    /// Runs the subcommand that the command line names, and ends the process.
    ///
    /// Exit status: 0 done, 1 failed, 2 finished with findings, 64 usage, 78 configuration. Being told to stop (SIGTERM, SIGINT, SIGHUP) is the
    /// ordinary end of a command that runs until then, whenever it comes; another command has failed then.
    public static func main() {
        // The first descriptor that is opened takes the number of a stream that is closed.
        StandardStreams.prepare()
        TerminationSignals.process.install()
        _ = ProcessLimits.process
        // From here on there is the runtime of concurrency, which opens descriptors and starts threads.
        Task { endProcess(await status()) }
        dispatchMain()
    }

    private static func status() async -> Int32 {
        do {
            var command = try RootCommand<Self>.parseAsRoot()
            let runsUntilStopped = (command as? any RunsUntilStopped)?.runsUntilStopped ?? false
            TerminationSignals.process.respond { signal in
                if !runsUntilStopped { StandardError.write("error: stopped by \(signal)\n") }
                endProcess(runsUntilStopped ? 0 : 1, at: .once)
            }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return tell(error)
        }
    }

    /// Tells what ended a command, and its exit status.
    private static func tell(_ error: any Error) -> Int32 {
        switch error {
        case is OutputClosed: return 0
        case let error as ConfigurationError:
            StandardError.write("\(error)\n")
            return ConfigurationError.exitStatus
        case let error as Failure:
            StandardError.write("error: \(error)\n")
            return error.exitStatus
        default:
            // The parser's own, among them the help that was asked for.
            let status = RootCommand<Self>.exitCode(for: error)
            let text = RootCommand<Self>.fullMessage(for: error)
            guard !text.isEmpty else { return status.rawValue }
            guard status == .success else {
                StandardError.write("\(text)\n")
                return status.rawValue
            }
            do {
                try StandardOutput.write("\(text)\n")
                return status.rawValue
            } catch {
                return tell(error)
            }
        }
    }
}

/// A command that runs until it is told to stop, so that being told is no failure.
protocol RunsUntilStopped {
    var runsUntilStopped: Bool { get }
}

extension RunsUntilStopped {
    var runsUntilStopped: Bool { true }
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
