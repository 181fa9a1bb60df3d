import Configuration

/// Reads settings from their sources one by one and gathers the problems and the table on the way.
struct SettingsReader {
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var rows: [SettingsTable.Row] = []
    /// Variables with the settings' prefix that an orchestrator has put there for a Service, in order.
    let serviceLinks: [String]

    private let names: [String]
    private let environment: any ConfigSnapshot
    private let file: ConfigurationFile

    private static let prefix = "HIGHWATER_"
    private static let kafkaPrefix = "KAFKA_"

    init(environment: [String: String], file path: String?) {
        let links = ServiceLinks.names(in: environment.filter { $0.key.hasPrefix(Self.prefix) })
        serviceLinks = links.sorted()
        let environment = environment.filter { !links.contains($0.key) }
        names = environment.keys.sorted()
        self.environment = EnvironmentVariablesProvider(
            environmentVariables: environment, secretsSpecifier: .dynamic { name, _ in SecretMask.isSecret(name: name) }
        ).snapshot()
        file = path.map(ConfigurationFile.read(path:)) ?? ConfigurationFile()
        problems = file.problems
    }

    /// The value of `key`, or of its default; nil after adding a problem.
    mutating func read<Value>(_ key: SettingKey<Value>, whenAbsent: Value? = nil) -> Value? {
        guard let (raw, spelling, source) = find(key.name) else {
            rows.append(row(key, value: key.defaultText, source: .default))
            return whenAbsent ?? (try? key.parse(key.defaultText))
        }
        let text = String(raw.trimmed())
        do throws(InvalidValue) {
            guard !text.isEmpty else { throw InvalidValue("it is empty; leave it out for the default, \(key.defaultText)") }
            let value = try key.parse(text)
            rows.append(row(key, value: SecretMask.value(text), source: source))
            return value
        } catch {
            problems.append(
                ConfigurationProblem(key: spelling, source: source, value: SecretMask.value(text), what: error.what, expected: key.type))
            return nil
        }
    }

    /// librdkafka's settings by their names.
    mutating func readKafka(_ judge: ([String: String]) -> [SettingsJudges.Finding]) -> [String: String] {
        var settings: [String: (value: String, source: SettingSource)] = [:]
        for (name, entry) in file.entries where name.hasPrefix(Self.kafkaPrefix) {
            settings[kafkaName(name)] = (entry.text, .file(file.path))
        }
        for variable in names where variable.hasPrefix(Self.prefix + Self.kafkaPrefix) {
            let name = String(variable.dropFirst(Self.prefix.count))
            guard name.count > Self.kafkaPrefix.count, name.utf8.allSatisfy({ $0.isUpperOrDigit || $0 == UInt8(ascii: "_") }) else {
                problems.append(
                    ConfigurationProblem(
                        key: variable, source: .environment, what: "it names no librdkafka setting",
                        expected: "a name in capitals, for example HIGHWATER_KAFKA_SECURITY_PROTOCOL"))
                continue
            }
            settings[kafkaName(name)] = (variableText(variable) ?? "", .environment)
        }
        if settings.isEmpty {
            rows.append(
                SettingsTable.Row(
                    key: Self.prefix + Self.kafkaPrefix + "<NAME>", type: "librdkafka setting", defaultValue: "librdkafka's",
                    meaning: "any librdkafka setting, as HIGHWATER_KAFKA_SECURITY_PROTOCOL=SASL_SSL", value: "librdkafka's",
                    source: .default))
        }
        func variable(_ name: String) -> String { Self.prefix + Self.kafkaPrefix + name.uppercased().replacing(".", with: "_") }
        func shown(_ name: String, _ value: String) -> String {
            SecretMask.isSecret(name: name) ? SecretMask.mask : SecretMask.value(value)
        }
        let inOrder = settings.sorted { $0.key < $1.key }
        for (name, setting) in inOrder {
            rows.append(
                SettingsTable.Row(
                    key: variable(name), type: "librdkafka setting", defaultValue: "librdkafka's", meaning: "librdkafka's \(name)",
                    value: shown(name, setting.value), source: setting.source))
        }
        for finding in judge(settings.mapValues(\.value)) {
            let judged = finding.name.flatMap { name in settings[name].map { (name, $0) } }
            problems.append(
                ConfigurationProblem(
                    key: judged.map { variable($0.0) } ?? Self.prefix + Self.kafkaPrefix + "<NAME>",
                    source: judged?.1.source ?? inOrder.first?.value.source ?? .environment,
                    value: judged.map { shown($0.0, $0.1.value) }, what: finding.what, expected: finding.expected))
        }
        return settings.mapValues(\.value)
    }

    /// Adds a problem for every variable and key of the file that is no setting.
    mutating func reportUnknown() {
        for variable in names {
            let capitals = variable.uppercased()
            guard capitals.hasPrefix(Self.prefix) else { continue }
            let name = String(capitals.dropFirst(Self.prefix.count))
            if variable == capitals, Settings.names.contains(name) || name.hasPrefix(Self.kafkaPrefix) { continue }
            reportUnknown(name, spelling: variable, source: .environment) { Self.prefix + $0 }
        }
        for (name, entry) in file.entries.sorted(by: { $0.key < $1.key }) {
            if Settings.names.contains(name) || (name.hasPrefix(Self.kafkaPrefix) && name.count > Self.kafkaPrefix.count) { continue }
            reportUnknown(name, spelling: entry.spelling, source: .file(file.path)) { $0.lowercased() }
        }
    }

    /// Adds a problem with a value that is right on its own.
    mutating func report<Value>(_ key: SettingKey<Value>, _ what: String, _ expected: String) {
        let found = find(key.name)
        problems.append(
            ConfigurationProblem(
                key: found?.spelling ?? key.variable, source: found?.source ?? .default,
                value: SecretMask.value(found?.text ?? key.defaultText), what: what, expected: expected))
    }

    private mutating func reportUnknown(_ name: String, spelling: String, source: SettingSource, _ spell: (String) -> String) {
        let expected = Spelling.nearest(to: name, among: Settings.names, prefix: Self.kafkaPrefix).map { "did you mean \(spell($0))?" }
        problems.append(
            ConfigurationProblem(
                key: spelling, source: source, what: "there is no such setting",
                expected: expected ?? "one of \((Settings.names + ["KAFKA_<NAME>"]).map(spell).joined(separator: ", "))"))
    }

    private func find(_ name: String) -> (text: String, spelling: String, source: SettingSource)? {
        if let text = variableText(Self.prefix + name) { return (text, Self.prefix + name, .environment) }
        return file.entries[name].map { ($0.text, $0.spelling, .file(file.path)) }
    }

    private func variableText(_ variable: String) -> String? {
        let found = try? environment.value(forKey: AbsoluteConfigKey([variable]), type: .string)
        guard case .string(let text)? = found?.value?.content else { return nil }
        return text
    }

    private func kafkaName(_ name: String) -> String {
        name.dropFirst(Self.kafkaPrefix.count).lowercased().replacing("_", with: ".")
    }

    private func row<Value>(_ key: SettingKey<Value>, value: String, source: SettingSource) -> SettingsTable.Row {
        SettingsTable.Row(
            key: key.variable, type: key.type, defaultValue: key.defaultText, meaning: key.meaning, value: value, source: source)
    }
}

extension UInt8 {
    fileprivate var isUpperOrDigit: Bool { (0x41...0x5A).contains(self) || (0x30...0x39).contains(self) }
}
