/// A time as RFC 3339 writes it, to the nanosecond.
///
/// Every form of the grammar (section 5.6) is read: `T` and `Z` in either case, offsets from -23:59 to +23:59, any number of decimals, of
/// which those below a nanosecond are dropped. A leap second, `:60` in the last minute of a month in UTC, counts as second 59 of its
/// minute: an instant has no leap seconds here, and the day must not change.
package struct RFC3339Time: Hashable, Sendable {
    /// Whole seconds since 1970, rounded down, of the years 0001 to 9999 in UTC.
    package let seconds: Int64
    /// 0 to 999,999,999.
    package let nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Nil where `text` has another form or means no instant of the years 0001 to 9999.
    package init?(_ text: some Sequence<UInt8>) {
        var reader = Reader(bytes: Array(text)[...])
        guard let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2), reader.take("T") || reader.take("t"), let hour = reader.number(digits: 2),
            reader.take(":"), let minute = reader.number(digits: 2), reader.take(":"), let second = reader.number(digits: 2),
            let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        guard (1...12).contains(month), (1...Day.count(ofMonth: month, year: year)).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let date = Int64(Day(year: year, month: month, day: day).daysSince1970)
        let minutes = date * 1440 + Int64(hour * 60 + minute - offset)
        if second == 60, !Self.mayHaveLeapSecond(minutes) { return nil }
        seconds = minutes * 60 + Int64(min(second, 59))
        guard Timestamp.secondsRange.contains(seconds) else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// In UTC, with as many decimals as are needed.
    package var utc: String {
        let day = Day(daysSince1970: Int(seconds.dividedRoundingDown(by: 86_400)))
        let second = Int(seconds - Int64(day.daysSince1970) * 86_400)
        var text = "\(day)T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        if nanoseconds > 0 {
            text += "." + padded(Int(nanoseconds), 9)
            while text.last == "0" { text.removeLast() }
        }
        return text + "Z"
    }

    /// Whether the minute, counted from 1970 in UTC, is the last of a month, where leap seconds are inserted (ITU-R TF.460-6).
    private static func mayHaveLeapSecond(_ minutes: Int64) -> Bool {
        let next = minutes + 1
        return next % 1440 == 0 && Day(daysSince1970: Int(next / 1440)).description.hasSuffix("-01")
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        var isAtEnd: Bool { bytes.isEmpty }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard bytes.first == UInt8(ascii: character) else { return false }
            bytes = bytes.dropFirst()
            return true
        }

        private mutating func digit() -> Int? {
            guard let byte = bytes.first, byte.isDigit else { return nil }
            bytes = bytes.dropFirst()
            return Int(byte - UInt8(ascii: "0"))
        }

        mutating func number(digits: Int) -> Int? {
            var number = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        /// Nanoseconds; 0 where there is no fraction.
        mutating func fraction() -> Int32? {
            guard take(".") else { return 0 }
            guard let first = digit() else { return nil }
            var unit: Int32 = 100_000_000
            var nanoseconds = Int32(first) * unit
            while let digit = digit() {
                unit /= 10
                nanoseconds += Int32(digit) * unit
            }
            return nanoseconds
        }

        /// In minutes, positive east of Greenwich.
        mutating func offset() -> Int? {
            if take("Z") || take("z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-"), let hours = number(digits: 2), hours < 24, take(":"), let minutes = number(digits: 2), minutes < 60
            else { return nil }
            let offset = hours * 60 + minutes
            return isEast ? offset : -offset
        }
    }
}

extension Day {
    /// - Precondition: `month` is 1 to 12.
    static func count(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Civil date to days after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    init(year: Int, month: Int, day: Int) {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(daysSince1970: era * 146_097 + dayOfEra - 719_468)
    }
}
