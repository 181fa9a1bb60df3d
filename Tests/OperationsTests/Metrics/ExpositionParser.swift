/// Reads Prometheus text back, strictly: headings before their samples, a family once, a series once.
struct ExpositionParser {
    struct Malformed: Error { let line: String }

    var help: [String: String] = [:]
    var types: [String: String] = [:]
    /// By name and labels: `a{x="y"}`, values unescaped.
    var samples: [String: Double] = [:]

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(line: "no line end at the end") }
        var current = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                current = String(parts[0])
                guard help.updateValue(parts.count > 1 ? String(parts[1]) : "", forKey: current) == nil else { throw Malformed(line: line) }
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ").map(String.init)
                // A family may have no HELP line; one that it has stands right before its type.
                guard parts.count == 2, help[parts[0]] == nil || parts[0] == current else { throw Malformed(line: line) }
                current = parts[0]
                guard types.updateValue(parts[1], forKey: current) == nil else { throw Malformed(line: line) }
            } else {
                try sample(line, family: current)
            }
        }
    }

    private mutating func sample(_ line: String, family: String) throws {
        var rest = line[...]
        let name = rest.prefix { $0 != "{" && $0 != " " }
        let isValid =
            name.first?.isNumber == false && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        let suffixes = types[family] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard isValid, suffixes.contains(where: { name == family + $0 }) else { throw Malformed(line: line) }
        rest = rest.dropFirst(name.count)
        var labels: [String] = []
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0 != "=" }
                guard !label.isEmpty, label.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
                    throw Malformed(line: line)
                }
                rest = rest.dropFirst(label.count)
                guard rest.hasPrefix("=\"") else { throw Malformed(line: line) }
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    guard character == "\\" else { value.append(character); continue }
                    switch rest.popFirst() {
                    case "n": value.append("\n")
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    default: throw Malformed(line: line)
                    }
                }
                labels.append("\(label)=\"\(value)\"")
                if rest.first == "," { rest.removeFirst() } else if rest.first != "}" { throw Malformed(line: line) }
            }
            rest.removeFirst()
        }
        guard rest.first == " " else { throw Malformed(line: line) }
        let text = String(rest.dropFirst())
        let value: Double? =
            switch text {
            case "+Inf": .infinity
            case "-Inf": -.infinity
            case "NaN": .nan
            default: Double(text)
            }
        let key = labels.isEmpty ? String(name) : "\(name){\(labels.joined(separator: ","))}"
        guard let value, samples.updateValue(value, forKey: key) == nil else { throw Malformed(line: line) }
    }
}
