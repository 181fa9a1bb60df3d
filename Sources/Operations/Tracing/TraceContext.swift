/// Where in which trace something happens, as the header `traceparent` carries it (W3C Trace Context, level 1).
public struct TraceContext: Hashable, Sendable {
    public let traceID: TraceID
    public let spanID: SpanID
    /// Whether the caller records this trace.
    public let isSampled: Bool
    /// The header `tracestate` as it came; empty where there is none. Passed on, never read.
    public let state: String

    public init(traceID: TraceID, spanID: SpanID, isSampled: Bool, state: String = "") {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
    }

    /// Reads a `traceparent`. Nil where it is not one: wrong length or digits, upper case, an id of zeros, version `ff`. A version above
    /// 00 is read as far as 00 defines it, as section 3.2.4 asks.
    public init?(traceparent: String, tracestate: String = "") {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Hex.value(bytes[0..<2]), version != 0xFF,
            bytes.count == 55 || (version > 0 && bytes[55] == dash),
            let high = Hex.value(bytes[3..<19]), let low = Hex.value(bytes[19..<35]), let traceID = TraceID(high: high, low: low),
            let span = Hex.value(bytes[36..<52]), let spanID = SpanID(span),
            let flags = Hex.value(bytes[53..<55])
        else { return nil }
        let isStateUsable = tracestate.utf8.count <= 512 && tracestate.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
        self.init(traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1, state: isStateUsable ? tracestate : "")
    }

    /// Begins a trace.
    public static func root(isSampled: Bool, ids: TraceIDGenerator) -> TraceContext {
        TraceContext(traceID: ids.traceID(), spanID: ids.spanID(), isSampled: isSampled)
    }

    /// The header's value, of version 00.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    /// A new span of the same trace.
    public func child(ids: TraceIDGenerator) -> TraceContext {
        TraceContext(traceID: traceID, spanID: ids.spanID(), isSampled: isSampled, state: state)
    }
}
