public import Tracing

/// Carries W3C trace contexts through the process and hands sampled spans to an exporter.
///
/// Every span gets an id of its own, exported or not, so that log lines and events in the log name it. A span of a trace that came
/// from outside is exported where its caller samples the trace; one that begins here, where there is an exporter and `samples` says so.
public struct W3CTracer: Tracer {
    public typealias Span = W3CSpan

    private let exporter: (any SpanExporter)?
    private let ids: TraceIDGenerator
    private let samples: @Sendable (TraceID) -> Bool

    /// - Parameters:
    ///   - exporter: takes finished spans; nil for none.
    ///   - samples: whether a trace that begins here is recorded.
    public init(
        exporter: (any SpanExporter)? = nil, ids: TraceIDGenerator = .random, samples: @escaping @Sendable (TraceID) -> Bool = { _ in true }
    ) {
        self.exporter = exporter
        self.ids = ids
        self.samples = samples
    }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> W3CSpan {
        var context = context()
        let parent = context.traceContext
        let trace: TraceContext
        if let parent {
            trace = parent.child(ids: ids)
        } else {
            let id = ids.traceID()
            trace = TraceContext(traceID: id, spanID: ids.spanID(), isSampled: exporter != nil && samples(id))
        }
        context.traceContext = trace
        return W3CSpan(
            name: operationName, context: context, trace: trace, parent: parent?.spanID, kind: kind,
            start: instant().nanosecondsSinceEpoch, exporter: trace.isSampled ? exporter : nil)
    }

    /// Spans are handed over as they end: there is nothing to flush here.
    public func forceFlush() {}

    /// Takes `traceparent` and `tracestate`. An invalid `traceparent` counts as none.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let traceparent = extractor.extract(key: "traceparent", from: carrier),
            let trace = TraceContext(traceparent: traceparent, tracestate: extractor.extract(key: "tracestate", from: carrier) ?? "")
        else { return }
        context.traceContext = trace
    }

    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.traceContext else { return }
        injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
        if !trace.state.isEmpty { injector.inject(trace.state, forKey: "tracestate", into: &carrier) }
    }
}
