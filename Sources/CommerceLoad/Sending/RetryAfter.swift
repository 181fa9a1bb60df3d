import EventModel

/// The header field `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
enum RetryAfter {
    /// The longest wait that is believed.
    private static let longest: Int64 = 86_400

    /// - Parameters:
    ///   - date: the answer's `Date`, by which a clock that differs from the server's does not matter.
    ///   - now: seconds since 1970, used where the answer has no date.
    /// - Returns: nil where there is no such field, or it cannot be read.
    static func duration(_ field: String?, date: String?, now: Int64) -> Duration? {
        guard let text = field?.trimmed, !text.isEmpty else { return nil }
        if text.utf8.allSatisfy(\.isDigit) { return .seconds(min(Int64(text) ?? longest, longest)) }
        guard let then = seconds(httpDate: text) else { return nil }
        return .seconds(min(max(0, then - (date.flatMap(seconds(httpDate:)) ?? now)), longest))
    }

    /// Seconds since 1970 of an HTTP-date (RFC 9110, 5.6.7), in its own and both obsolete forms.
    static func seconds(httpDate text: String) -> Int64? {
        var parts = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        guard parts.count >= 5 else { return nil }
        parts.removeFirst()
        // asctime's: month, day, time, year.
        if months.contains(parts[0]) { parts = [parts[1], parts[0], parts[3], parts[2], "GMT"] }
        guard parts.count == 5, parts[4] == "GMT", let day = Int(parts[0]), let month = months.firstIndex(of: parts[1]),
            var year = Int(parts[2])
        else { return nil }
        if parts[2].utf8.count == 2 { year += year < 70 ? 2000 : 1900 }
        let time = parts[3].split(separator: ":", omittingEmptySubsequences: false).map { $0.utf8.count == 2 ? Int($0) : nil }
        guard time.count == 3, let hour = time[0], let minute = time[1], let second = time[2], (0..<24).contains(hour),
            (0..<60).contains(minute), (0...60).contains(second),
            let days = Day.daysSince1970(year: year, month: month + 1, day: day)
        else { return nil }
        return Int64(days) * 86_400 + Int64((hour * 60 + minute) * 60 + second)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
