public import EventModel
public import SwiftProtobuf

extension Timestamp {
    /// To the microsecond. What is beyond the years 0001 to 9999 counts as their first or last instant.
    public init(clamping timestamp: Google_Protobuf_Timestamp) {
        let range = Self.secondsRange
        if timestamp.seconds < range.lowerBound {
            self.init(microseconds: range.lowerBound * 1_000_000)
        } else if timestamp.seconds > range.upperBound {
            self.init(microseconds: range.upperBound * 1_000_000 + 999_999)
        } else {
            self.init(microseconds: timestamp.seconds * 1_000_000 + Int64(min(max(timestamp.nanos, 0), 999_999_999) / 1000))
        }
    }
}

extension Google_Protobuf_Timestamp {
    public init(_ timestamp: Timestamp) {
        self.init(seconds: timestamp.seconds, nanos: timestamp.nanoseconds)
    }
}
