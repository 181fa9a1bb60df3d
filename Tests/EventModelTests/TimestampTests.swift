import EventModel
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (250_000, "1970-01-01T00:00:00.25Z"),
            (1_291_191_960_000_000, "2010-12-01T08:26:00Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func isWrittenAsRFC3339(_ microseconds: Int64, _ text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test(arguments: [
        (-719_162, "0001-01-01"), (-719_163, "0000-12-31"), (-719_528, "0000-01-01"), (-719_529, "-0001-12-31"), (-719_893, "-0001-01-01"),
        (-719_469, "0000-02-29"), (-719_468, "0000-03-01"), (2_932_896, "9999-12-31"), (2_932_897, "10000-01-01"), (11_016, "2000-02-29"),
    ])
    func writesDays(_ days: Int, _ text: String) {
        #expect(Day(daysSince1970: days).description == text)
    }

    @Test func dropsWhatIsBelowAMicrosecond() throws {
        #expect(try #require(Timestamp(seconds: 1, nanoseconds: 1_999)).microseconds == 1_000_001)
        #expect(try #require(Timestamp(seconds: -1, nanoseconds: 999_999_999)).microseconds == -1)
    }

    @Test func staysWithinTheYears1To9999() {
        #expect(Timestamp(seconds: -62_135_596_800, nanoseconds: 0) != nil)
        #expect(Timestamp(seconds: -62_135_596_801, nanoseconds: 999_999_999) == nil)
        #expect(Timestamp(seconds: 253_402_300_799, nanoseconds: 999_999_999) != nil)
        #expect(Timestamp(seconds: 253_402_300_800, nanoseconds: 0) == nil)
        #expect(Timestamp(seconds: .max, nanoseconds: 0) == nil)
        #expect(Timestamp(seconds: .min, nanoseconds: 0) == nil)
        #expect(Timestamp(seconds: 0, nanoseconds: -1) == nil)
        #expect(Timestamp(seconds: 0, nanoseconds: 1_000_000_000) == nil)
    }

    @Test func takesAnyMicroseconds() {
        for microseconds in [Int64.min, .min + 1, .max] {
            let timestamp = Timestamp(microseconds: microseconds)
            #expect(timestamp.seconds &* 1_000_000 &+ Int64(timestamp.nanoseconds / 1000) == microseconds)
            #expect(timestamp.description.hasSuffix("Z"))
        }
    }

    /// Against Foundation's calendar, an implementation of its own.
    @Test func agreesWithFoundation() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        var random = SplitMix64(state: 536_365)
        // From 1583 on: before it, Foundation's calendar is the Julian one.
        for _ in 0..<5_000 {
            let seconds = Int64.random(in: -12_212_553_600...253_402_300_799, using: &random)
            let timestamp = try #require(Timestamp(seconds: seconds, nanoseconds: Int32.random(in: 0..<1_000_000_000, using: &random)))
            let date = Date(timeIntervalSince1970: Double(seconds))
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
            let expected = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map { $0 ?? -1 }
            let text = timestamp.description
            let numbers = text.split { "-T:.Z".contains($0) }.prefix(6).compactMap { Int($0) }
            #expect(numbers == expected, "\(seconds)")
            #expect(text.hasPrefix(timestamp.day.description + "T"))
            #expect(timestamp.seconds == seconds)
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
