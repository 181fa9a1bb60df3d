/// Takes the spans that have ended.
public protocol SpanExporter: Sendable {
    /// Called by whoever ends a span, on its hot path: hands the span over and returns. Drops it, and counts that, where it cannot keep up.
    func export(_ span: FinishedSpan)
}
