/// The configuration cannot be used. Lists everything that is wrong with it, so that one start is enough to mend it.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// `EX_CONFIG` of `sysexits.h`: the exit status of a program whose configuration is wrong.
    public static let exitStatus: Int32 = 78

    /// At least one; those of the environment and the file by key.
    public let problems: [ConfigurationProblem]

    public var description: String {
        let heading = problems.count == 1 ? "the configuration has a problem:" : "the configuration has \(problems.count) problems:"
        return ([heading] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
