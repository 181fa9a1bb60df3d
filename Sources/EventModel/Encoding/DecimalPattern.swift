/// Regular expressions (ECMA-262, as JSON Schema has them) for the whole numbers of a range in decimal digits, without leading zeros.
package enum DecimalPattern {
    /// Anchored.
    package static func of(_ range: ClosedRange<Int64>) -> String { "^(\(alternatives(range).joined(separator: "|")))$" }

    /// Not anchored, to be put between parentheses.
    package static func alternatives(_ range: ClosedRange<Int64>) -> [String] {
        var parts: [String] = []
        if range.contains(0) { parts.append("0") }
        if range.upperBound > 0 { parts += positive(max(1, range.lowerBound).magnitude...range.upperBound.magnitude) }
        if range.lowerBound < 0 {
            let magnitudes = positive(min(-1, range.upperBound).magnitude...range.lowerBound.magnitude)
            parts.append("-(\(magnitudes.joined(separator: "|")))")
        }
        return parts
    }

    /// Alternatives that together match the numbers of a range above 0.
    private static func positive(_ range: ClosedRange<UInt64>) -> [String] {
        let (low, high) = (Array(String(range.lowerBound)), Array(String(range.upperBound)))
        guard low.count < high.count else { return between(low, high) }
        var parts = between(low, low.map { _ in "9" })
        if low.count + 1 < high.count { parts.append("[1-9]\(digits(low.count...high.count - 2))") }
        return parts + between(["1"] + high.dropFirst().map { _ in "0" }, high)
    }

    /// Alternatives for the numbers between two that have as many digits.
    private static func between(_ low: [Character], _ high: [Character]) -> [String] {
        guard let first = low.first, let last = high.first else { return [""] }
        let (lowRest, highRest) = (Array(low.dropFirst()), Array(high.dropFirst()))
        let rest = lowRest.count
        if first == last { return between(lowRest, highRest).map { "\(first)\($0)" } }
        let fromBottom = lowRest.allSatisfy { $0 == "0" }
        let toTop = highRest.allSatisfy { $0 == "9" }
        var parts: [String] = []
        if !fromBottom { parts += between(lowRest, lowRest.map { _ in "9" }).map { "\(first)\($0)" } }
        let middle = (fromBottom ? first : successor(first), toTop ? last : predecessor(last))
        if middle.0 <= middle.1 {
            parts.append("\(middle.0 == middle.1 ? "\(middle.0)" : "[\(middle.0)-\(middle.1)]")\(digits(rest...rest))")
        }
        if !toTop { parts += between(highRest.map { _ in "0" }, highRest).map { "\(last)\($0)" } }
        return parts
    }

    private static func digits(_ count: ClosedRange<Int>) -> String {
        switch (count.lowerBound, count.upperBound) {
        case (_, 0): ""
        case (1, 1): "[0-9]"
        case (let low, let high): low == high ? "[0-9]{\(low)}" : "[0-9]{\(low),\(high)}"
        }
    }

    private static func successor(_ digit: Character) -> Character { Character(String((digit.wholeNumberValue ?? 0) + 1)) }
    private static func predecessor(_ digit: Character) -> Character { Character(String((digit.wholeNumberValue ?? 1) - 1)) }
}
