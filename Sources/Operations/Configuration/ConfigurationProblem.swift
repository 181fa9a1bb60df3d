/// One thing that is wrong with the configuration.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// The key as its source spells it; the file's path where the file itself is the problem.
    public let key: String
    public let source: SettingSource
    /// What was found, secrets masked; nil where there is no value to show.
    public let value: String?
    /// What is wrong: "the port is missing".
    public let what: String
    /// What would be right: "HOST:PORT, for example 127.0.0.1:8080".
    public let expected: String

    init(key: String, source: SettingSource, value: String? = nil, what: String, expected: String) {
        self.key = key
        self.source = source
        self.value = value
        self.what = what
        self.expected = expected
    }

    public var description: String {
        var text = key
        if source != .file(key) { text += " (\(source))" }
        if let value {
            // Quoted with escapes, so that a value with line ends stays on its line.
            text += " is \(value.count > 120 ? (value.prefix(120) + "…").debugDescription : value.debugDescription)"
        }
        return "\(text): \(what); expected \(expected)"
    }
}
