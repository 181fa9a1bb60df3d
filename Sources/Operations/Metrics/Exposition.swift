/// The pieces of Prometheus's text exposition format, version 0.0.4.
enum Exposition {
    /// The name with every character that is none of `[a-zA-Z0-9_:]` replaced, not beginning with a digit.
    static func name(_ label: String) -> String { sanitized(label, allowsColon: true) }

    static func labelName(_ name: String) -> String { sanitized(name, allowsColon: false) }

    /// `a="x",b="y"`, ordered by name and without braces. A name that is there twice, or that is a histogram's own `le`, gets a `_`.
    static func labels(_ dimensions: [(String, String)], reserving reserved: String? = nil) -> String {
        var named: [String: String] = [:]
        for (name, value) in dimensions {
            var name = labelName(name)
            while name == reserved || named[name] != nil { name += "_" }
            named[name] = value
        }
        return named.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
    }

    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        // By scalar: "\r\n" is one character.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return "\(whole)" }
        return "\(value)"
    }

    static func append(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func appendHeading(_ name: String, help: String?, kind: MetricKind, to text: inout String) {
        if let help { text += "# HELP \(name) \(escaped(help, quotes: false))\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    private static func sanitized(_ text: String, allowsColon: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case "0"..."9":
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(scalar)
            case ":" where allowsColon: result += ":"
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }
}
