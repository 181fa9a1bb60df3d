import EventModel

/// How a file writes the day where it does not begin with the year.
enum DateOrder: String, CaseIterable, Sendable {
    case dayFirst = "day-first"
    case monthFirst = "month-first"
    /// No such date is taken.
    case iso
}

/// A date and a time of day as a line has them: `2010-12-01 08:26:00`, `1/12/2010 8:26`, `12/1/2010 8:26 AM`, `01.12.2010 08:26`.
///
/// Parts of a day are digits, parted by one of `-/.`, the year with four; a time has minutes and, where it wants, seconds.
struct WrittenDate: Equatable {
    /// The parts beside the year, in their order.
    let first: Int
    let second: Int
    private let year: Int
    private let beginsWithYear: Bool
    private let secondOfDay: Int

    init?(_ text: String) {
        var scanner = DateScanner(text.trimmed)
        guard let first = scanner.number(1...4), let mark = scanner.one(of: "-/."), let second = scanner.number(1...2),
            scanner.one(of: "-/.") == mark, let third = scanner.number(1...4)
        else { return nil }
        switch (first.length, third.length) {
        case (4, 1...2): (year, self.first, self.second) = (first.value, second.value, third.value)
        case (1...2, 4): (year, self.first, self.second) = (third.value, first.value, second.value)
        default: return nil
        }
        beginsWithYear = first.length == 4
        guard scanner.blanks() || beginsWithYear && scanner.one(of: "T") != nil, let time = scanner.time(), scanner.isAtEnd else {
            return nil
        }
        secondOfDay = time
    }

    /// The order that the date itself proves: some part is beyond 12. Nil too where the date begins with its year.
    var provenOrder: DateOrder? {
        guard !beginsWithYear else { return nil }
        switch (first, second) {
        case (13...31, 1...12): return .dayFirst
        case (1...12, 13...31): return .monthFirst
        default: return nil
        }
    }

    /// The instant, in UTC.
    ///
    /// - Parameter order: nil where it is not known: then a date is taken that has one meaning only.
    /// - Throws: why there is none.
    func timestamp(_ order: DateOrder?) throws(Malformation) -> Timestamp {
        let (month, day): (Int, Int)
        switch order ?? provenOrder ?? (first == second ? .dayFirst : nil) {
        case _ where beginsWithYear: (month, day) = (first, second)
        case .dayFirst: (month, day) = (second, first)
        case .monthFirst: (month, day) = (first, second)
        case .iso: throw Malformation("is not YYYY-MM-DD HH:MM:SS")
        case nil where first > 12 || second > 12: throw Malformation("is no date")
        case nil: throw Malformation("may be day-first or month-first", hint: .dates)
        }
        guard let days = Day.daysSince1970(year: year, month: month, day: day) else { throw Malformation("is no date") }
        return Timestamp(microseconds: (Int64(days) * 86_400 + Int64(secondOfDay)) * 1_000_000)
    }
}
