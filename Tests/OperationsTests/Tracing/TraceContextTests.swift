import Operations
import Testing

struct TraceContextTests {
    static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func roundTrip() throws {
        let context = try #require(TraceContext(traceparent: Self.valid))
        #expect(context.traceID.description == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(context.spanID.description == "00f067aa0ba902b7")
        #expect(context.isSampled)
        #expect(context.traceparent == Self.valid)
        #expect(TraceContext(traceparent: "\(Self.valid.dropLast())0")?.isSampled == false)
    }

    @Test func laterVersionsAndUnknownFlags() {
        #expect(TraceContext(traceparent: "cc\(Self.valid.dropFirst(2))")?.traceparent == Self.valid)
        #expect(TraceContext(traceparent: "cc\(Self.valid.dropFirst(2))-what-the-future-brings")?.traceparent == Self.valid)
        #expect(TraceContext(traceparent: "\(Self.valid.dropLast(2))ff")?.traceparent == Self.valid)
        #expect(TraceContext(traceparent: "\(Self.valid.dropLast(2))02")?.isSampled == false)
    }

    static let invalid: [String] = [
        "", "00", "ff\(valid.dropFirst(2))", "\(valid)-", "\(valid)-00", "\(valid)0", String(valid.dropLast()), valid.uppercased(),
        "cc\(valid.dropFirst(2)).x", "0g\(valid.dropFirst(2))", valid.replacing("-", with: "_"), " \(valid)",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473+-00f067aa0ba902b7-01", "\(valid.dropLast(2))0x",
    ]

    @Test(arguments: invalid)
    func othersAreInvalid(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test func traceStateIsPassedOnUnlessItIsUnusable() {
        #expect(TraceContext(traceparent: Self.valid, tracestate: "a=1,b=2")?.state == "a=1,b=2")
        #expect(TraceContext(traceparent: Self.valid, tracestate: "a=1\r\nx: y")?.state == "")
        #expect(TraceContext(traceparent: Self.valid, tracestate: String(repeating: "a", count: 513))?.state == "")
    }

    @Test func idsAreNeverZero() {
        let ids = TraceIDGenerator(SequenceOfBits([0, 0, 0, 5, 0, 0, 9]).next)
        let root = TraceContext.root(isSampled: true, ids: ids)
        #expect(root.traceparent == "00-00000000000000000000000000000005-0000000000000009-01")
    }
}
