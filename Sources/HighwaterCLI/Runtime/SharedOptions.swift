public import ArgumentParser
import Foundation
import Logging
public import Operations

/// What every subcommand takes.
public struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Settings from a YAML or JSON file; environment variables win.", valueName: "file"))
    public var config: String?

    public init() {}

    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public func settings() throws -> Settings { try Settings.load(file: config) }
}
