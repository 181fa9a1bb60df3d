import EventModel
import Testing

@Suite struct DecimalPatternTests {
    @Test(
        arguments: [
            0...0, 0...7, 1...9, 1...10, 0...255, 7...7, 19...21, 95...1004, -5...5, -128...127, -20 ... -3, 1...999, 100...100,
        ] as [ClosedRange<Int64>])
    func matchesTheRangeAlone(_ range: ClosedRange<Int64>) throws {
        let pattern = try Regex(DecimalPattern.of(range))
        for number in Int64(-1100)...1100 {
            #expect((String(number).wholeMatch(of: pattern) != nil) == range.contains(number), "\(number)")
        }
        for text in ["", "-", "-0", "00", "+1", "1.0", "1e1", " 1"] { #expect(text.wholeMatch(of: pattern) == nil, "\(text)") }
    }

    @Test func reachesTheBoundsOf64Bits() throws {
        let pattern = try Regex(DecimalPattern.of(.min ... .max))
        for text in ["9223372036854775807", "-9223372036854775808", "999999999999999999", "0", "-1"] {
            #expect(text.wholeMatch(of: pattern) != nil, "\(text)")
        }
        for text in ["9223372036854775808", "-9223372036854775809", "10000000000000000000", "9300000000000000000"] {
            #expect(text.wholeMatch(of: pattern) == nil, "\(text)")
        }
    }
}
