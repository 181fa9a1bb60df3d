import Configuration
import Foundation
import Synchronization

/// A configuration file, flattened: each value under the name of its variable without the prefix.
struct ConfigurationFile {
    struct Entry {
        /// The path as the file has it: `kafka.security.protocol`.
        let spelling: String
        let text: String
    }

    var path = ""
    var entries: [String: Entry] = [:]
    var problems: [ConfigurationProblem] = []

    private static let expected = "a readable YAML (.yaml, .yml) or JSON (.json) file with a map of settings"

    static func read(path: String) -> ConfigurationFile {
        var file = ConfigurationFile(path: path)
        let name = path.split(separator: "/").last ?? ""
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard name.contains("."), ["yaml", "yml", "json"].contains(ending) else {
            file.report("the file's name ends in neither .yaml, .yml nor .json")
            return file
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard FileManager.default.fileExists(atPath: path) else {
            file.report("there is no such file")
            return file
        }
        guard attributes?[.type] as? FileAttributeType != .typeDirectory, let contents = FileManager.default.contents(atPath: path) else {
            file.report("the file cannot be read")
            return file
        }
        file.parse([UInt8](contents), isJSON: ending == "json")
        return file
    }

    private mutating func parse(_ bytes: [UInt8], isJSON: Bool) {
        // A snapshot does not list its keys, but it asks of each whether it is a secret.
        let keys = FoundKeys()
        let snapshot: any ConfigSnapshot
        do {
            if isJSON {
                snapshot = try JSONSnapshot(
                    data: bytes.span.bytes, providerName: path,
                    parsingOptions: .init(secretsSpecifier: .dynamic { key, value in keys.add(key, value) }))
            } else {
                let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map { $0.trimmed() }
                // A file in which everything is commented out says nothing, which is not wrong.
                if lines.allSatisfy({ $0.isEmpty || $0.hasPrefix("#") || $0 == "---" }) { return }
                snapshot = try YAMLSnapshot(
                    data: bytes.span.bytes, providerName: path,
                    parsingOptions: .init(secretsSpecifier: .dynamic { key, _ in keys.add(key) }))
            }
        } catch {
            report(Self.summary(of: error))
            return
        }
        for key in keys.all.sorted() {
            let name = Self.variableName(of: key)
            if let other = entries[name] {
                problems.append(
                    ConfigurationProblem(
                        key: key, source: .file(path),
                        what: "it is there twice" + (other.spelling == key ? "" : ", also as \(other.spelling)"),
                        expected: "each setting once"))
                continue
            }
            guard let text = keys.flags[key] ?? Self.text(of: key, in: snapshot) else {
                problems.append(
                    ConfigurationProblem(
                        key: key, source: .file(path), what: "it has no value that can be read", expected: "a text or a number"))
                continue
            }
            entries[name] = Entry(spelling: key, text: text)
        }
    }

    private mutating func report(_ what: String) {
        problems.append(ConfigurationProblem(key: path, source: .file(path), what: what, expected: Self.expected))
    }

    private static func text(of key: String, in snapshot: any ConfigSnapshot) -> String? {
        for type in [ConfigType.string, .int, .bool, .double, .stringArray, .intArray] {
            guard let value = (try? snapshot.value(forKey: AbsoluteConfigKey([key]), type: type))?.value else { continue }
            switch value.content {
            case .string(let text): return text
            case .int(let number): return "\(number)"
            case .double(let number): return "\(number)"
            case .bool(let flag): return "\(flag)"
            case .stringArray(let texts): return texts.joined(separator: ",")
            case .intArray(let numbers): return numbers.map(String.init).joined(separator: ",")
            default: continue
            }
        }
        return nil
    }

    /// `kafka.security.protocol` and `highwater.kafka.securityProtocol` are both `KAFKA_SECURITY_PROTOCOL`.
    private static func variableName(of key: String) -> String {
        var name = ""
        var previous: Character?
        for character in key {
            if let previous, previous.isLowercase, character.isUppercase { name.append("_") }
            name.append(character.isLetter || character.isNumber ? character : "_")
            previous = character
        }
        name = name.uppercased()
        return name.hasPrefix("HIGHWATER_") ? String(name.dropFirst("HIGHWATER_".count)) : name
    }

    /// A parser's first line: the place and the rule. What follows quotes the file, which may hold a secret.
    private static func summary(of error: any Error) -> String {
        let text = "\(error)"
        if let start = text.firstRange(of: "around line "),
            let end = text[start.lowerBound...].firstIndex(where: { $0 == "." || $0 == "\"" })
        {
            return "it is not valid JSON " + text[start.lowerBound..<end]
        }
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        if text.hasPrefix("Error Domain=") { return "it is not valid JSON" }
        return "it cannot be parsed: " + (line.last == ":" || line.last == "." ? String(line.dropLast()) : line)
    }
}

/// The keys a snapshot was asked about.
private final class FoundKeys: Sendable {
    private let found = Mutex<(keys: [String], flags: [String: String])>(([], [:]))

    var all: [String] { found.withLock { $0.keys } }

    /// The values that JSON has as `true` and `false`, which its snapshot gives out as 1 and 0 too.
    var flags: [String: String] { found.withLock { $0.flags } }

    /// Whether `key` holds a secret.
    func add(_ key: String, _ value: (any Sendable)? = nil) -> Bool {
        // `c` is how NSNumber encodes a boolean; JSON's numbers are wider.
        let number = value as? NSNumber
        let flag = number.flatMap { $0.objCType.pointee == CChar(bitPattern: UInt8(ascii: "c")) ? "\($0.boolValue)" : nil }
        found.withLock { found in
            found.keys.append(key)
            if let flag { found.flags[key] = flag }
        }
        return SecretMask.isSecret(name: key)
    }
}
