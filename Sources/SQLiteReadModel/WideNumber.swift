import ReadModel

/// A number of up to 128 bits as two of SQLite's 64: `low + high * 10^18`.
///
/// `high` is 0, which takes no room in a row, for all that 64 bits hold, so that the column itself reads as the number. A power of ten, so
/// that SQL can write larger ones as text. Up to 9.2 * 10^36: as much as 10^18 of the largest 64-bit amounts.
struct WideNumber {
    static let unit: Int128 = 1_000_000_000_000_000_000
    let high: Int64
    let low: Int64

    /// Nil beyond the range.
    init?(_ number: Int128) {
        if let small = Int64(exactly: number) {
            high = 0
            low = small
        } else {
            let (quotient, remainder) = number.quotientAndRemainder(dividingBy: Self.unit)
            guard let high = Int64(exactly: quotient) else { return nil }
            self.high = high
            low = Int64(remainder)
        }
    }

    static func value(high: Int64, low: Int64) -> Int128 { Int128(high) * unit + Int128(low) }
}

/// SQL that adds up numbers of up to 128 bits exactly, which `SUM` gives up at 64: each number's parts by themselves, to be put together
/// afterwards. They are the units of 10^18, those of 10^9, and the rest, each of either sign; none comes near 64 bits in less than a billion
/// rows.
struct WideSum {
    private static let base = "1000000000"
    private let parts: (units: String, thousands: String, ones: String)
    /// The three parts as expressions of an aggregate query.
    var expressions: [String] { [parts.units, parts.thousands, parts.ones] }

    /// - Parameters:
    ///   - column: quoted.
    ///   - high: its upper part, quoted; nil for a column of 64 bits.
    init(_ column: String, high: String?) {
        // NULL where nothing is added, as SUM is.
        parts = (high.map { "SUM(\($0))" } ?? "SUM(\(column) * 0)", "SUM(\(column) / \(Self.base))", "SUM(\(column) % \(Self.base))")
    }

    /// The sum from the values of ``expressions``.
    static func value(_ units: Int64, _ thousands: Int64, _ ones: Int64) -> Int128 {
        WideNumber.value(high: units, low: 0) + Int128(thousands) * 1_000_000_000 + Int128(ones)
    }

    /// A condition that holds where the sum is `number`, with its parameters. Nil where no sum can be it.
    func equals(_ number: Int128) -> (condition: String, parameters: [Int64])? {
        guard let units = Int64(exactly: number / WideNumber.unit) else { return nil }
        let rest = Int64(number % WideNumber.unit)
        // What is left of the sum without the number, carried from part to part, and nothing at the end.
        let ones = "(\(parts.ones) - ?)"
        let thousands = "(\(parts.thousands) - ? + \(ones) / \(Self.base))"
        let condition =
            "\(ones) % \(Self.base) = 0 AND \(thousands) % \(Self.base) = 0 AND \(parts.units) - ? + \(thousands) / \(Self.base) = 0"
        let (low, middle) = (rest % 1_000_000_000, rest / 1_000_000_000)
        return (condition, [low, middle, low, units, middle, low])
    }

    // MARK: For people

    /// The parts carried over, by the names of columns that hold them: units of 10^18, and a rest from 0 up to one such unit.
    static func carried(units: String, thousands: String, ones: String) -> (units: String, rest: String) {
        func remainder(_ value: String) -> String { "(((\(value)) % \(base)) + \(base)) % \(base)" }
        func quotient(_ value: String) -> String { "((\(value)) - \(remainder(value))) / \(base)" }
        let middle = "\(thousands) + \(quotient(ones))"
        return ("\(units) + \(quotient(middle))", "(\(remainder(middle))) * \(base) + \(remainder(ones))")
    }

    /// The number of carried parts: an INTEGER where 64 bits hold it, else TEXT of its digits.
    static func readable(units: String, rest: String) -> String {
        let unit = "1000000000000000000"
        return """
            CASE WHEN \(units) BETWEEN -9 AND 8 OR (\(units) = 9 AND \(rest) <= 223372036854775807) THEN \(units) * \(unit) + \(rest) \
            WHEN \(units) = -10 AND \(rest) >= 776627963145224192 THEN -9 * \(unit) + (\(rest) - \(unit)) \
            WHEN \(units) >= 0 OR \(rest) = 0 THEN printf('%d%018d', \(units), \(rest)) \
            WHEN \(units) < 0 THEN printf('-%d%018d', -\(units) - 1, \(unit) - \(rest)) END
            """
    }

    /// The number of a kept row's two parts.
    static func readable(column: String, high: String) -> String {
        """
        CASE WHEN \(high) = 0 THEN \(column) \
        ELSE printf('%s%d%018d', CASE WHEN \(high) < 0 THEN '-' ELSE '' END, abs(\(high)), abs(\(column))) END
        """
    }
}
