import Synchronization
public import Tracing

/// A span of a ``W3CTracer``.
public final class W3CSpan: Span {
    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var events: [SpanEvent] = []
        var links: [SpanLink] = []
        var status: SpanStatus?
        var hasEnded = false
    }

    public let context: InstrumentationContext
    private let trace: TraceContext
    private let parent: SpanID?
    private let kind: SpanKind
    private let start: UInt64
    /// Nil where the span is not recorded.
    private let exporter: (any SpanExporter)?
    private let state: Mutex<State>

    init(
        name: String, context: InstrumentationContext, trace: TraceContext, parent: SpanID?, kind: SpanKind, start: UInt64,
        exporter: (any SpanExporter)?
    ) {
        self.context = context
        self.trace = trace
        self.parent = parent
        self.kind = kind
        self.start = start
        self.exporter = exporter
        state = Mutex(State(name: name))
    }

    /// Until the end, where someone will get the span.
    public var isRecording: Bool { exporter != nil && state.withLock { !$0.hasEnded } }

    public var operationName: String {
        get { state.withLock { $0.name } }
        set { change { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { change { $0.attributes = newValue } }
    }

    public func setStatus(_ status: SpanStatus) { change { $0.status = status } }

    public func addEvent(_ event: SpanEvent) { change { $0.events.append(event) } }

    public func addLink(_ link: SpanLink) { change { $0.links.append(link) } }

    /// Adds the event `exception`, as OpenTelemetry's semantic conventions have it.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard exporter != nil else { return }
        var all = attributes
        all["exception.type"] = String(describing: type(of: error))
        all["exception.message"] = "\(error)"
        let event = SpanEvent(name: "exception", at: instant(), attributes: all)
        change { $0.events.append(event) }
    }

    /// Hands the span to the exporter; a second end does nothing.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let exporter else { return }
        let end = instant().nanosecondsSinceEpoch
        let finished = state.withLock { state -> FinishedSpan? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            return FinishedSpan(
                name: state.name, context: trace, parent: parent, kind: kind, startNanosecondsSinceEpoch: start,
                endNanosecondsSinceEpoch: max(start, end), status: state.status, attributes: state.attributes, events: state.events,
                links: state.links)
        }
        if let finished { exporter.export(finished) }
    }

    private func change(_ change: (inout State) -> Void) {
        guard exporter != nil else { return }
        state.withLock { if !$0.hasEnded { change(&$0) } }
    }
}
