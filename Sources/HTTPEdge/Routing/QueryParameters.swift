/// A query string's parameters, decoded, each of them once.
struct QueryParameters: Sendable {
    private(set) var values: [String: String] = [:]

    init(_ query: Substring) throws(Problem) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { throw .malformed(String(parts[0]), "the parameter is not percent-encoded UTF-8") }
            guard values.updateValue(value, forKey: name) == nil else { throw .malformed(name, "the parameter is there more than once") }
        }
    }

    /// Takes the parameter out.
    mutating func take(_ name: String) -> String? { values.removeValue(forKey: name) }

    /// Takes out a number in decimal digits.
    mutating func take(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let text = take(name) else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int64(text),
            range.contains(number)
        else {
            let bounds = range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw .malformed(name, "'\(name)' must be a number, \(bounds)")
        }
        return number
    }

    /// Refuses what nobody has taken out.
    func finish() throws(Problem) {
        if let name = values.keys.min() { throw .malformed(name, "there is no such parameter") }
    }
}
