import EventLog

/// How far an instance has come in reading partitions that it is going to write.
public struct ReadingProgress: Hashable, Sendable, CustomStringConvertible {
    /// Records read and folded.
    public let read: Int64
    /// Records that there were to read when it began.
    public let total: Int64

    public init(read: Int64, total: Int64) {
        self.read = max(0, min(read, total))
        self.total = total
    }

    /// Up to `next` of what is between `first` and `end`.
    init(from first: Offset, to next: Offset, of end: Offset) {
        self.init(read: next.rawValue - first.rawValue, total: end.rawValue - first.rawValue)
    }

    /// Adds the progress in several partitions.
    public static func + (a: Self, b: Self) -> Self { Self(read: a.read + b.read, total: a.total + b.total) }

    public var remaining: Int64 { total - read }

    /// Whether a command should be told to come again, rather than wait until all is read. What remains otherwise takes a moment.
    var isLong: Bool { remaining > 10_000 }

    /// `61 % of 52,000 records`.
    public var description: String {
        var digits = String(total)
        var grouped = ""
        while digits.count > 3 {
            grouped = ",\(digits.suffix(3))\(grouped)"
            digits.removeLast(3)
        }
        return "\(total == 0 ? 100 : read * 100 / total) % of \(digits)\(grouped) records"
    }
}
