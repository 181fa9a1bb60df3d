/// Instants as RFC 3339 writes them.
enum RFC3339 {
    /// UTC with six decimals: `2026-01-02T03:04:05.678901Z`.
    static func text(microseconds: Int64) -> String {
        let second = floorDivide(microseconds, 1_000_000)
        let day = floorDivide(second.quotient, 86_400)
        // Days to year, month and day: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let shifted = day.quotient + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = era.remainder
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era.quotient * 400 + (month <= 2 ? 1 : 0)
        let time = day.remainder
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        append(year, digits: 4, then: "-", to: &bytes)
        append(month, digits: 2, then: "-", to: &bytes)
        append(dayOfMonth, digits: 2, then: "T", to: &bytes)
        append(time / 3600, digits: 2, then: ":", to: &bytes)
        append(time / 60 % 60, digits: 2, then: ":", to: &bytes)
        append(time % 60, digits: 2, then: ".", to: &bytes)
        append(second.remainder, digits: 6, then: "Z", to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ value: Int64, digits: Int, then separator: Unicode.Scalar, to bytes: inout [UInt8]) {
        let start = bytes.count
        var value = value
        for _ in 0..<digits {
            bytes.insert(UInt8(ascii: "0") + UInt8(value % 10), at: start)
            value /= 10
        }
        bytes.append(UInt8(ascii: separator))
    }
}
