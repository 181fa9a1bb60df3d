/// An instant, in microseconds since 1970-01-01T00:00:00Z, without leap seconds; the precision of PostgreSQL's `timestamptz`.
///
/// Time is a fact that arrives with a command or an event. Nothing in this module reads a clock.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Seconds and nanoseconds since 1970; what is below a microsecond is dropped. Nil beyond years 0001 to 9999.
    public init?(seconds: Int64, nanoseconds: Int32) {
        guard (0..<1_000_000_000).contains(nanoseconds), Self.secondsRange.contains(seconds) else { return nil }
        microseconds = seconds * 1_000_000 + Int64(nanoseconds / 1000)
    }

    /// Seconds of 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, the range of RFC 3339 and of protobuf's Timestamp.
    public static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { microseconds.dividedRoundingDown(by: 1_000_000) }
    /// The rest below ``seconds``, 0 to 999,999,000.
    public var nanoseconds: Int32 { Int32(microsecondsOfSecond) * 1000 }
    // Not by a product: the earliest instants' whole second is before what 64 bits hold.
    private var microsecondsOfSecond: Int64 {
        let remainder = microseconds % 1_000_000
        return remainder < 0 ? remainder + 1_000_000 : remainder
    }
    /// The UTC day that the instant falls on.
    public var day: Day { Day(daysSince1970: Int(seconds.dividedRoundingDown(by: 86_400))) }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, with up to six decimals: `2010-12-01T08:26:00Z`, `2010-12-01T08:26:00.25Z`.
    public var description: String {
        let second = Int(seconds - Int64(day.daysSince1970) * 86_400)
        var text = "\(day)T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        var fraction = Int(microsecondsOfSecond)
        if fraction > 0 {
            var digits = 6
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            text += "." + padded(fraction, digits)
        }
        return text + "Z"
    }
}

/// A day of the proleptic Gregorian calendar, written `YYYY-MM-DD`.
public struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let daysSince1970: Int

    public init(daysSince1970: Int) { self.daysSince1970 = daysSince1970 }

    public static func < (a: Self, b: Self) -> Bool { a.daysSince1970 < b.daysSince1970 }

    /// `YYYY-MM-DD`. Days to civil date after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    public var description: String {
        let z = daysSince1970 + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        // Folds key rows by days, so the days of our time are written without detours.
        if (0...9999).contains(year) {
            return String(unsafeUninitializedCapacity: 10) { text in
                func write(_ number: Int, _ places: Range<Int>) {
                    var rest = number
                    for place in places.reversed() {
                        text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                        rest /= 10
                    }
                }
                text.initialize(repeating: UInt8(ascii: "-"))
                write(year, 0..<4)
                write(month, 5..<7)
                write(day, 8..<10)
                return 10
            }
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    func dividedRoundingDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
