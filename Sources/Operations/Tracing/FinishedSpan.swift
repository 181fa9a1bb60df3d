public import Tracing

/// A span that has ended, as an exporter sees it.
public struct FinishedSpan: Sendable {
    public let name: String
    public let context: TraceContext
    /// Nil where the span begins its trace.
    public let parent: SpanID?
    public let kind: SpanKind
    public let startNanosecondsSinceEpoch: UInt64
    /// Not before the start, whatever the clock did.
    public let endNanosecondsSinceEpoch: UInt64
    public let status: SpanStatus?
    public let attributes: SpanAttributes
    public let events: [SpanEvent]
    public let links: [SpanLink]
}
